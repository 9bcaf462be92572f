//! Roles and databases: an owner that migrates and loads, a role that serves, no superuser in use.

use anyhow::Context as _;
use postgres_protocol::password::scram_sha_256;
use tokio_postgres::Client;

use crate::catalogue::DatabaseSpec;

const ROLE_EXISTS: &str = include_str!("role-exists.sql");
const DATABASE_EXISTS: &str = include_str!("database-exists.sql");
const SET_ROLE: &str = include_str!("set-role.sql");
const CREATE_DATABASE: &str = include_str!("create-database.sql");
const CLUSTER_GRANTS: &str = include_str!("cluster-grants.sql");
const DATABASE_GRANTS: &str = include_str!("database-grants.sql");
const READS: &str = include_str!("default-privileges-read.sql");
const WRITES: &str = include_str!("default-privileges-write.sql");

/// The passwords that concern a database.
#[derive(Debug)]
pub(crate) struct Passwords {
    pub(crate) superuser: String,
    pub(crate) owner: String,
    pub(crate) api: String,
}

/// Makes or repairs the roles, the database and the privileges; the passwords become those given.
pub(crate) async fn ensure(
    database: &DatabaseSpec,
    port: u16,
    passwords: &Passwords,
) -> anyhow::Result<()> {
    let name = database.name;
    let superuser = super::connect(port, "postgres", "postgres", &passwords.superuser)
        .await
        .with_context(|| format!("connecting to PostgreSQL {name} as its superuser"))?;
    let prepare = async {
        set_role(&superuser, &format!("{name}_owner"), &passwords.owner).await?;
        set_role(&superuser, &format!("{name}_api"), &passwords.api).await?;
        if superuser
            .query_opt(DATABASE_EXISTS, &[&database.database])
            .await?
            .is_none()
        {
            superuser
                .batch_execute(&fill(CREATE_DATABASE, database))
                .await?;
        }
        superuser
            .batch_execute(&fill(CLUSTER_GRANTS, database))
            .await?;
        let inside =
            super::connect(port, "postgres", database.database, &passwords.superuser).await?;
        inside
            .batch_execute(&fill(DATABASE_GRANTS, database))
            .await?;
        let defaults = if database.api_writes { WRITES } else { READS };
        inside.batch_execute(&fill(defaults, database)).await?;
        anyhow::Ok(())
    };
    prepare
        .await
        .with_context(|| format!("preparing roles and database of PostgreSQL {name}"))
}

/// The server is told a SCRAM verifier, never the password, so no log of its can show it.
async fn set_role(superuser: &Client, role: &str, password: &str) -> anyhow::Result<()> {
    let exists = superuser.query_opt(ROLE_EXISTS, &[&role]).await?.is_some();
    let verb = if exists { "ALTER" } else { "CREATE" };
    let verifier = scram_sha_256(password.as_bytes());
    let statement = SET_ROLE
        .replace("{verb}", verb)
        .replace("{role}", role)
        .replace("{verifier}", &verifier);
    superuser.batch_execute(&statement).await?;
    Ok(())
}

/// Fills in names of the catalogue, which are ours and need no quoting beyond the text's own.
fn fill(statement: &str, database: &DatabaseSpec) -> String {
    statement
        .replace("{database}", database.database)
        .replace("{owner}", &format!("{}_owner", database.name))
        .replace("{api}", &format!("{}_api", database.name))
}
