//! A real vehicles platform over a database of the test's own, with a small release in it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use test_kit::{Database, eventually_async};

pub(crate) const KEY: &str = "mvp_svc_application_0123456789";
/// Nothing listens there.
const NO_REDIS: u16 = 1;

pub(crate) struct Platform {
    pub(crate) port: u16,
    database: Database,
    folder: TempDir,
    child: Child,
}

impl Platform {
    /// The platform with one release live.
    pub(crate) async fn start() -> Self {
        let database = Database::create().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("application-key"), KEY).unwrap();
        let port = test_kit::free_port();
        let migrated = command(&database, folder.path(), port)
            .arg("migrate")
            .output();
        assert!(migrated.unwrap().status.success());
        load(&database, folder.path(), port, "01", "");
        let child = serve(&database, folder.path(), port);
        let platform = Self {
            port,
            database,
            folder,
            child,
        };
        platform.is_ready().await;
        platform
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn is_ready(&self) {
        let url = format!("{}/health/ready", self.url());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        eventually_async("the platform is ready", || async {
            client
                .get(&url)
                .send()
                .await
                .is_ok_and(|it| it.status() == 200)
        })
        .await;
    }

    /// Loads the release of another month, which goes live.
    pub(crate) fn load_another_release(&self) {
        load(&self.database, self.folder.path(), self.port, "02", "\n");
    }

    /// Freezes it: connections are taken by the system, and nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same port.
    pub(crate) async fn restart(&mut self) {
        self.child = serve(&self.database, self.folder.path(), self.port);
        self.is_ready().await;
    }

    /// What the platform has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("serve")).unwrap()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn load(database: &Database, folder: &Path, port: u16, month: &str, tail: &str) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vehicles-platform/tests/data");
    let compressed = std::fs::read(tests.join("mini.sql.zst")).unwrap();
    let mut dump = zstd::decode_all(compressed.as_slice()).unwrap();
    dump.extend_from_slice(tail.as_bytes());
    let file = folder.join(format!("mini_2026_{month}.sql"));
    std::fs::write(&file, dump).unwrap();
    let loaded = command(database, folder, port)
        .args(["etl", "load"])
        .arg(file)
        .output()
        .unwrap();
    assert!(loaded.status.success(), "{loaded:?}");
}

fn serve(database: &Database, folder: &Path, port: u16) -> Child {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("serve"));
    command(database, folder, port)
        .arg("serve")
        .stdout(Stdio::from(log.unwrap()))
        .spawn()
        .unwrap()
}

/// The platform's program stands beside ours.
fn program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_application")).with_file_name("vehicles-platform");
    assert!(
        program.is_file(),
        "build it: cargo build -p vehicles-platform"
    );
    program
}

fn command(database: &Database, folder: &Path, port: u16) -> Command {
    let mut command = Command::new(program());
    let settings = [
        ("SERVER__HOST", "127.0.0.1".to_owned()),
        ("SERVER__PORT", port.to_string()),
        ("SERVER__WORKERS", "2".to_owned()),
        ("REDIS__HOST", "127.0.0.1".to_owned()),
        ("REDIS__PORT", NO_REDIS.to_string()),
        (
            "API_KEYS__FILES",
            folder.join("application-key").display().to_string(),
        ),
        ("API_KEYS__STRICT", "false".to_owned()),
        ("ETL__READER_ROLE", database.api()),
    ];
    let variable = |key: &str| format!("MVP_VEHICLES_PLATFORM__{key}");
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

/// The id of an item by its name, in a list.
pub(crate) fn id_of(list: &Value, name: &str) -> i64 {
    let items = list["data"].as_array().unwrap();
    let item = items.iter().find(|item| item["name"] == name);
    item.unwrap_or_else(|| panic!("{name} is not in {list}"))["id"]
        .as_i64()
        .unwrap()
}
