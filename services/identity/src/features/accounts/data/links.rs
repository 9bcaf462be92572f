//! Links that were mailed.

use pg::{Db, DbError, Transaction};
use uuid::Uuid;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Makes the account that it holds.
    SignUp,
    /// Shows that an account's address is its owner's.
    Verify,
    /// Permits a new password.
    Reset,
    /// Gives an account another address.
    Email,
    /// Nothing: somebody asked for an account that there is not, or is already.
    Nothing,
}

impl Kind {
    const ALL: [(Self, &'static str); 5] = [
        (Self::SignUp, "sign_up"),
        (Self::Verify, "verify"),
        (Self::Reset, "reset"),
        (Self::Email, "email"),
        (Self::Nothing, "nothing"),
    ];

    fn as_str(self) -> &'static str {
        let found = Self::ALL.iter().find(|(kind, _)| *kind == self);
        found.map_or("nothing", |(_, text)| text)
    }

    fn parse(text: &str) -> Self {
        let found = Self::ALL.iter().find(|(_, name)| *name == text);
        found.map_or(Self::Nothing, |(kind, _)| *kind)
    }

    /// For how many hours it can be used.
    pub(crate) const fn hours(self) -> i32 {
        match self {
            Self::Reset => 1,
            Self::SignUp | Self::Verify | Self::Email | Self::Nothing => 24,
        }
    }
}

/// A link.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) kind: Kind,
    pub(crate) account: Option<Uuid>,
    /// Of a sign-up: address, name, hash of the password.
    pub(crate) person: Option<(String, String, String)>,
    /// Of a change of address: the new one.
    pub(crate) email: Option<String>,
    /// The authorization request to go on with.
    pub(crate) flow: Option<String>,
}

pub(crate) async fn insert(
    transaction: &Transaction,
    token_hash: &[u8],
    link: &Link,
) -> Result<(), DbError> {
    let (email, name, hash) = link.person.clone().map_or((None, None, None), |person| {
        (Some(person.0), Some(person.1), Some(person.2))
    });
    let email = email.or_else(|| link.email.clone());
    let kind = link.kind;
    transaction
        .execute(
            include_str!("queries/insert_link.sql"),
            &[
                &token_hash,
                &kind.as_str(),
                &link.account,
                &email,
                &name,
                &hash,
                &link.flow,
                &kind.hours(),
            ],
        )
        .await
        .map(|_| ())
}

/// The link of a token, if it can be used for this; kept for this transaction.
pub(crate) async fn find(
    transaction: &Transaction,
    token_hash: &[u8],
    kinds: &[Kind],
) -> Result<Option<Link>, DbError> {
    let sql = include_str!("queries/find_link.sql");
    let Some(row) = transaction.query_opt(sql, &[&token_hash]).await? else {
        return Ok(None);
    };
    let kind = Kind::parse(row.get("kind"));
    let person = row
        .get::<_, Option<String>>("email")
        .zip(row.get::<_, Option<String>>("name"))
        .zip(row.get::<_, Option<String>>("password_hash"));
    let link = Link {
        kind,
        account: row.get("account_id"),
        person: person.map(|((email, name), hash)| (email, name, hash)),
        email: row.get("email"),
        flow: row.get("flow"),
    };
    Ok(Some(link).filter(|link| kinds.contains(&link.kind)))
}

pub(crate) async fn delete(transaction: &Transaction, token_hash: &[u8]) -> Result<(), DbError> {
    let sql = include_str!("queries/delete_link.sql");
    transaction.execute(sql, &[&token_hash]).await.map(|_| ())
}

/// Every link of an account.
pub(crate) async fn delete_all(transaction: &Transaction, account: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/delete_links.sql");
    transaction.execute(sql, &[&account]).await.map(|_| ())
}

/// Removes what has ended.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/prune_links.sql");
    db.query(sql, &[]).await.map(|_| ())
}
