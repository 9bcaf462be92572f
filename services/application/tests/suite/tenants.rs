//! A real tenants platform over a database of the test's own.

use crate::platform::KEY;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use test_kit::{Answer, Database, eventually_async};

pub(crate) struct Tenants {
    pub(crate) url: String,
    client: reqwest::Client,
    child: Child,
    _folder: TempDir,
    _database: Database,
}

impl Tenants {
    pub(crate) async fn start() -> Self {
        let database = Database::create_writable().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("application-key"), KEY).unwrap();
        std::fs::write(folder.path().join("master"), "m".repeat(40)).unwrap();
        let port = test_kit::free_port();
        let migrated = command(&database, folder.path(), port)
            .arg("migrate")
            .output()
            .unwrap();
        assert!(migrated.status.success(), "{migrated:?}");
        let log = std::fs::File::create(folder.path().join("serve")).unwrap();
        let child = command(&database, folder.path(), port)
            .arg("serve")
            .stdout(Stdio::from(log))
            .spawn()
            .unwrap();
        let tenants = Self {
            url: format!("http://127.0.0.1:{port}"),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            child,
            _folder: folder,
            _database: database,
        };
        eventually_async("the tenants platform is ready", || async {
            let asked = tenants.client.get(format!("{}/health/ready", tenants.url));
            asked.send().await.is_ok_and(|it| it.status() == 200)
        })
        .await;
        tenants
    }

    /// Asks it as the application does.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.url));
        Answer::to(request.header("X-API-Key", KEY).json(&body)).await
    }

    /// A tenant with an owner, and its id.
    pub(crate) async fn make(&self, name: &str, owner: &str) -> String {
        let body = json!({ "name": name, "owner": owner, "plan": "family" });
        let made = self.send(Method::POST, "/tenants", body).await.is(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Gives a person a role.
    pub(crate) async fn give(&self, tenant: &str, user: &str, role: &str) {
        let path = format!("/tenants/{tenant}/members/{}", user.replace('|', "%7C"));
        let body = json!({ "role": role });
        self.send(Method::PUT, &path, body).await.is(201);
    }

    /// Freezes it: connections are taken by the system, and nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    pub(crate) fn thaw(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Tenants {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The platform's program stands beside ours.
fn program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_application")).with_file_name("tenants-platform");
    assert!(
        program.is_file(),
        "build it: cargo build -p tenants-platform"
    );
    program
}

fn command(database: &Database, folder: &Path, port: u16) -> Command {
    let mut command = Command::new(program());
    let file = |name: &str| folder.join(name).display().to_string();
    let settings = [
        ("SERVER__HOST", "127.0.0.1".to_owned()),
        ("SERVER__PORT", port.to_string()),
        ("SERVER__WORKERS", "2".to_owned()),
        ("REDIS__HOST", "127.0.0.1".to_owned()),
        ("REDIS__PORT", "1".to_owned()),
        ("API_KEYS__FILES", file("application-key")),
        ("API_KEYS__STRICT", "false".to_owned()),
        ("MASTER_KEY_FILE", file("master")),
    ];
    let variable = |key: &str| format!("MVP_TENANTS_PLATFORM__{key}");
    command
        .env("MVP_CONFIG_DIR", folder)
        .envs(
            database
                .settings()
                .map(|(key, value)| (variable(key), value)),
        )
        .envs(settings.map(|(key, value)| (variable(key), value)));
    command
}
