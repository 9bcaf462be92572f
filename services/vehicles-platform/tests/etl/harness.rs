//! A database of the test's own, the program beside it, and small dumps to feed it.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use test_kit::Database;

/// The small release that `tests/data/make-mini-release.py` cut out of the whole one.
pub(crate) fn mini() -> Vec<u8> {
    let compressed = std::fs::read(data("tests/data/mini.sql.zst")).unwrap();
    zstd::decode_all(compressed.as_slice()).unwrap()
}

/// The same as text, to be spoiled.
pub(crate) fn mini_text() -> String {
    String::from_utf8(mini()).unwrap()
}

/// The release that the project ships.
pub(crate) fn whole_release() -> PathBuf {
    data("data/vPICList_lite_2026_10.sql.zst")
}

fn data(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(crate) struct Etl {
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
    /// Where the program looks for the database; a test may put a proxy there.
    pub(crate) port: u16,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Etl {
    /// An empty, migrated database.
    pub(crate) async fn new() -> Self {
        let database = Database::create().await;
        let etl = Self {
            port: database.port,
            database,
            folder: tempfile::tempdir().unwrap(),
        };
        etl.run(&["migrate"]).succeeded();
        etl
    }

    /// A database in which the small release is live.
    pub(crate) async fn with_live_release() -> Self {
        let etl = Self::new().await;
        etl.load(&etl.file("mini_2026_01.sql", mini())).succeeded();
        etl
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vehicles-platform"));
        let password_file = self.database.password_file.to_str().unwrap();
        let variable = |key: &str| format!("MVP_VEHICLES_PLATFORM__{key}");
        let settings = [
            ("SERVER__HOST", "127.0.0.1"),
            ("SERVER__PORT", "0"),
            // A network that can be broken may stand between.
            ("DATABASE__PORT", &self.port.to_string()),
            ("REDIS__HOST", "127.0.0.1"),
            ("REDIS__PORT", "1"),
            ("REDIS__PASSWORD_FILE", password_file),
            ("API_KEYS__FILES", password_file),
            ("ETL__READER_ROLE", &self.database.api()),
        ];
        command
            .args(arguments)
            .env("MVP_CONFIG_DIR", self.folder.path())
            .envs(
                self.database
                    .settings()
                    .map(|(key, value)| (variable(key), value)),
            )
            .envs(settings.map(|(key, value)| (variable(key), value.to_owned())))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    pub(crate) fn load(&self, source: &str) -> Ran {
        self.run(&["etl", "load", source])
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn releases(&self) -> Vec<Value> {
        let listed = self.run(&["etl", "releases", "--json"]).succeeded();
        serde_json::from_str(&listed.stdout).unwrap()
    }

    /// The latest attempt.
    pub(crate) fn latest(&self) -> Value {
        self.releases()[0].clone()
    }

    /// The ids of the live releases: one, or none.
    pub(crate) fn live(&self) -> Vec<i64> {
        let is_live = |release: &&Value| release["state"] == "live";
        self.releases()
            .iter()
            .filter(is_live)
            .map(|release| release["id"].as_i64().unwrap())
            .collect()
    }

    /// The schemas that hold, or half hold, a release.
    pub(crate) async fn schemas(&self) -> Vec<String> {
        let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'release%' ORDER BY 1";
        let rows = self
            .database
            .superuser()
            .await
            .query(sql, &[])
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Only the first release is there and live, as if nothing had been tried.
    pub(crate) async fn assert_untouched(&self) {
        assert_eq!(self.live(), [1]);
        assert_eq!(self.schemas().await, ["release_1"]);
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// It failed with this code and said this.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, said: &str) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(
            self.stderr.contains(said),
            "{said:?} is not in {}",
            self.stderr
        );
        self
    }
}
