//! The stores as they are found: roles that may no more than they must, safe settings, throwaways.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]

mod house;

use std::process::{Command, Stdio};

use house::{House, text, until};
use tokio_postgres::{Client, NoTls, error::SqlState};

async fn connect(
    house: &House,
    cluster: &str,
    role: &str,
) -> Result<Client, tokio_postgres::Error> {
    let status = house.status();
    let place = &status["postgres"][cluster];
    let mut config = tokio_postgres::Config::new();
    config
        .host("127.0.0.1")
        .port(u16::try_from(place["port"].as_u64().unwrap()).unwrap())
        .dbname(place["database"].as_str().unwrap())
        .user(if role == "superuser" {
            "postgres".to_owned()
        } else {
            format!("{cluster}_{role}")
        })
        .password(house.secret(&format!("postgres-{cluster}-{role}-password")));
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn refusal(client: &Client, statement: &str) -> SqlState {
    let error = client.batch_execute(statement).await.expect_err(statement);
    error.code().expect("a SQLSTATE").clone()
}

async fn one(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn owners_own_serving_roles_serve_and_neither_is_a_superuser() {
    let house = House::furnished();
    house.ok(&["up", "--detach", "--stores-only"]);
    for (cluster, writes) in [("app", true), ("tenants", true), ("vehicles", false)] {
        let owner = connect(&house, cluster, "owner").await.unwrap();
        owner
            .batch_execute("CREATE SCHEMA s; CREATE TABLE s.t (id bigserial, name text); INSERT INTO s.t (name) VALUES ('kept')")
            .await
            .unwrap();
        let api = connect(&house, cluster, "api").await.unwrap();
        assert_eq!(one(&api, "SELECT name FROM s.t").await, "kept");
        let written = api.batch_execute("INSERT INTO s.t (name) VALUES ('x'); UPDATE s.t SET name = 'y' WHERE name = 'x'; DELETE FROM s.t WHERE name = 'y'").await;
        assert_eq!(written.is_ok(), writes, "{cluster}");
        for forbidden in [
            "CREATE TABLE public.mine (a int)",
            "CREATE TABLE s.mine (a int)",
            "CREATE SCHEMA mine",
            "TRUNCATE s.t",
        ] {
            let state = refusal(&api, forbidden).await;
            assert_eq!(
                state,
                SqlState::INSUFFICIENT_PRIVILEGE,
                "{cluster}: {forbidden}"
            );
        }
        assert_eq!(
            refusal(&owner, "CREATE ROLE r").await,
            SqlState::INSUFFICIENT_PRIVILEGE
        );
        let superusers =
            "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolsuper AND rolcanlogin";
        assert_eq!(one(&owner, superusers).await, "postgres");
    }
}

#[tokio::test]
async fn a_guest_in_a_cluster_has_its_own_database_and_nobody_enters_the_others() {
    let house = House::furnished();
    house.ok(&["up", "--detach", "--stores-only"]);
    let port = house.status()["postgres"]["tenants"]["port"]
        .as_u64()
        .unwrap();
    let enter = async |user: &str, database: &str| {
        let mut config = tokio_postgres::Config::new();
        config
            .host("127.0.0.1")
            .port(u16::try_from(port).unwrap())
            .dbname(database)
            .user(user)
            .password(house.secret(&format!("postgres-{}-password", user.replace('_', "-"))));
        config.connect(NoTls).await.map(|_| ())
    };
    for (user, own, other) in [
        ("identity_api", "identity", "mvp-platform-tenants"),
        ("tenants_api", "mvp-platform-tenants", "identity"),
        ("identity_owner", "identity", "mvp-platform-tenants"),
    ] {
        enter(user, own).await.unwrap();
        let refused = enter(user, other).await.unwrap_err();
        assert_eq!(
            refused.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{user}"
        );
    }
}

#[tokio::test]
async fn passwords_are_scram_and_a_changed_secret_holds_from_the_next_start() {
    let house = House::furnished();
    house.ok(&["up", "--detach", "--stores-only"]);
    let superuser = connect(&house, "vehicles", "superuser").await.unwrap();
    let plain = "SELECT count(*)::text FROM pg_authid WHERE rolcanlogin AND rolpassword NOT LIKE 'SCRAM-SHA-256$%'";
    assert_eq!(one(&superuser, plain).await, "0");
    let trusting =
        "SELECT count(*)::text FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'";
    assert_eq!(one(&superuser, trusting).await, "0");
    drop(superuser);
    house.ok(&["down"]);
    std::fs::write(
        house.path().join("secrets/postgres-vehicles-api-password"),
        "another one\n",
    )
    .unwrap();
    house.ok(&["up", "--detach", "--stores-only"]);
    connect(&house, "vehicles", "api").await.unwrap();
}

#[tokio::test]
async fn clusters_are_safe_and_listen_on_this_machine_only() {
    let house = House::furnished();
    house.ok(&["up", "--detach", "--stores-only"]);
    let owner = connect(&house, "vehicles", "owner").await.unwrap();
    for (setting, expected) in [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", "127.0.0.1"),
        ("server_encoding", "UTF8"),
        ("shared_buffers", "32MB"),
    ] {
        assert_eq!(
            one(&owner, &format!("SELECT current_setting('{setting}')")).await,
            expected
        );
    }
    let policy = house.ok(&["redis-cli", "vehicles", "config", "get", "maxmemory-policy"]);
    assert!(policy.contains("allkeys-lru"), "{policy}");
    let kept = house.ok(&["redis-cli", "app", "config", "get", "appendonly"]);
    assert!(kept.contains("yes"), "{kept}");
    let port = house.preferred(16379).to_string();
    let stranger = Command::new("redis-cli")
        .args(["-p", &port, "ping"])
        .output()
        .unwrap();
    assert!(text(&stranger).contains("NOAUTH"), "{}", text(&stranger));
}

fn with_stores(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mvp"));
    command.arg("with-stores").arg("--").args(args);
    command
}

#[test]
fn a_command_runs_beside_throwaway_stores_and_its_exit_code_is_ours() {
    let script = r#"
        set -e
        test "$("$TEST_POSTGRES_BIN/psql" "$TEST_POSTGRES_URL" -Atc 'SHOW fsync')" = off
        port="${TEST_REDIS_URL##*:}"
        case "$(redis-cli -p "${port%/}" ping)" in NOAUTH*) ;; *) exit 3 ;; esac
        test "$(redis-cli --no-auth-warning -u "$TEST_REDIS_URL" ping)" = PONG
        test -x "$TEST_REDIS_SERVER"
        "$TEST_POSTGRES_BIN/psql" "$TEST_POSTGRES_URL" -Atc 'SHOW data_directory'
        exit 42
    "#;
    let output = with_stores(&["sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(42), "{}", text(&output));
    let folder = text(&output);
    assert!(
        !std::path::Path::new(folder.trim()).exists(),
        "{folder} is left"
    );
}

/// A command beside throwaway stores that has told where they are.
struct Running {
    mvp: std::process::Child,
    /// Where PostgreSQL keeps its data.
    folder: std::path::PathBuf,
}

/// Runs a shell script in which `tell` tells it.
fn running(script: &str) -> Running {
    let tell =
        r#""$TEST_POSTGRES_BIN/psql" "$TEST_POSTGRES_URL" -Atc 'SHOW data_directory' > "$0""#;
    let scratch = tempfile::tempdir().unwrap();
    let told = scratch.path().join("told");
    let script = format!("tell() {{ {tell}; }}\n{script}");
    let mvp = with_stores(&["sh", "-c", &script, told.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut folder = String::new();
    until("the command runs", || {
        folder = std::fs::read_to_string(&told).unwrap_or_default();
        folder.ends_with('\n')
    });
    Running {
        mvp,
        folder: folder.trim().into(),
    }
}

#[test]
fn a_signal_reaches_the_command_and_the_stores_are_gone_afterwards() {
    let mut running = running("trap 'exit 5' TERM; tell; while :; do sleep 0.05; done");
    house::kill("-TERM", u64::from(running.mvp.id()));
    assert_eq!(running.mvp.wait().unwrap().code(), Some(5));
    assert!(!running.folder.exists());
}

#[test]
fn stores_of_a_run_that_was_killed_are_swept_up_by_the_next() {
    let mut running = running(r#"tell; while kill -0 "$PPID"; do sleep 0.05; done"#);
    running.mvp.kill().unwrap();
    running.mvp.wait().unwrap();
    let pid_file = running.folder.join("postmaster.pid");
    let pid_file = std::fs::read_to_string(pid_file).unwrap();
    let postmaster: u64 = pid_file.lines().next().unwrap().parse().unwrap();
    assert!(house::alive(postmaster));
    assert!(with_stores(&["true"]).status().unwrap().success());
    assert!(!house::alive(postmaster));
    assert!(!running.folder.exists());
}

#[test]
fn nothing_that_the_command_started_outlives_it() {
    let scratch = tempfile::tempdir().unwrap();
    let pids = scratch.path().join("pids");
    // One behind its back, one in a session of its own that does not care about signals.
    let script = r#"
        sleep 600 & echo $! >> "$0"
        (setsid sh -c 'trap "" TERM HUP INT; echo $$ >> "$0"; while :; do sleep 1; done' "$0" &)
        while [ "$(wc -l < "$0")" -lt 2 ]; do sleep 0.05; done
        exit 4
    "#;
    let output = with_stores(&["sh", "-c", script, pids.to_str().unwrap()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    assert!(text(&output).contains("processes running; they were ended"));
    let pids = std::fs::read_to_string(&pids).unwrap();
    for pid in pids.lines() {
        assert!(!house::alive(pid.parse().unwrap()), "{pid} still runs");
    }
}
