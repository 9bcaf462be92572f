//! A database of the test's own, the service over it, and what it logs.

use serde_json::Value;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use test_kit::{Database, Postbox, eventually_async, free_port};

/// The client of the tests.
pub(crate) const CLIENT: &str = "web";
pub(crate) const CALLBACK: &str = "http://localhost:5173/callback";
pub(crate) const AFTER_LOGOUT: &str = "http://localhost:5173/";
pub(crate) const AUDIENCE: &str = "https://api.motovaultpro.test";
pub(crate) const PASSWORD: &str = "three brown foxes";

pub(crate) struct House {
    pub(crate) database: Database,
    /// The issuer: where everything stands.
    pub(crate) url: String,
    pub(crate) postbox: Postbox,
    port: u16,
    folder: TempDir,
    settings: Vec<(String, String)>,
    child: Child,
}

impl House {
    /// Where people need not confirm their addresses, as in the embedded runtime.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With some settings of its own.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let database = Database::create_writable().await;
        let postbox = Postbox::open().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("master"), "m".repeat(40)).unwrap();
        let port = free_port();
        let mut all = Vec::new();
        if settings.iter().all(|(key, _)| *key != "MAIL__SMTP") {
            all = vec![
                ("MAIL__SMTP__HOST".to_owned(), "127.0.0.1".to_owned()),
                ("MAIL__SMTP__PORT".to_owned(), postbox.port.to_string()),
                ("MAIL__SMTP__TLS".to_owned(), "none".to_owned()),
            ];
        }
        all.extend(
            settings
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        let migrated = command(&database, &folder, port, &all)
            .arg("migrate")
            .output();
        let migrated = migrated.unwrap();
        assert!(migrated.status.success(), "{migrated:?}");
        let child = serve(&database, &folder, port, &all);
        let house = Self {
            database,
            url: format!("http://localhost:{port}/auth"),
            postbox,
            port,
            folder,
            settings: all,
            child,
        };
        house.is_ready().await;
        house
    }

    async fn is_ready(&self) {
        let url = format!("http://localhost:{}/health/ready", self.port);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        eventually_async("the service is ready", || async {
            let answer = client.get(&url).send().await;
            answer.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    /// From the next start on.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    /// Puts the settings that ship for its containers into its folder of settings; variables win over them.
    pub(crate) fn ship_settings(&self) {
        let tree = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = self.folder.path().join("identity");
        std::fs::create_dir(&folder).unwrap();
        let (from, to) = ("config/identity/production.yml", "production.yml");
        std::fs::copy(tree.join(from), folder.join(to)).unwrap();
    }

    /// Stops it and starts it again.
    pub(crate) async fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = serve(&self.database, &self.folder, self.port, &self.settings);
        self.is_ready().await;
    }

    /// Runs another command of the program over the same database.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        command(&self.database, &self.folder, self.port, &self.settings)
            .args(arguments)
            .output()
            .unwrap()
    }

    /// The same, with another setting.
    pub(crate) fn run_with(&self, arguments: &[&str], setting: (&str, &str)) -> Output {
        let mut settings = self.settings.clone();
        settings.push((setting.0.to_owned(), setting.1.to_owned()));
        command(&self.database, &self.folder, self.port, &settings)
            .args(arguments)
            .output()
            .unwrap()
    }

    /// What a command prints.
    pub(crate) fn print(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What the service has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("serve")).unwrap()
    }

    /// The actions in the audit, in their order.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let client = self.database.superuser().await;
        let rows = client
            .query("SELECT action FROM audit.entry ORDER BY seq", &[])
            .await;
        rows.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// How often an action is in the audit.
    pub(crate) async fn times(&self, action: &str) -> usize {
        let audited = self.audited().await;
        audited.iter().filter(|it| *it == action).count()
    }

    /// How many connections to its database wait for a lock.
    pub(crate) async fn waiting(&self) -> i64 {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let client = self.database.superuser().await;
        client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// What PostgreSQL has logged so far, beside the folder of its data.
    pub(crate) async fn log_of_postgres(&self) -> String {
        let client = self.database.superuser().await;
        let row = client.query_one("SHOW data_directory", &[]).await.unwrap();
        let data = std::path::PathBuf::from(row.get::<_, String>(0));
        let log = data.ancestors().map(|it| it.join("log/postgres-test.log"));
        let log = log.into_iter().find(|it| it.is_file());
        std::fs::read_to_string(log.expect("the log of `mvp with-stores`")).unwrap()
    }

    /// Runs statements as the superuser, where time must be made to pass.
    pub(crate) async fn sql(&self, statements: &str) {
        let client = self.database.superuser().await;
        client.batch_execute(statements).await.unwrap();
    }

    /// The path and query, under the issuer, of the link in the `nth` mail for an address.
    pub(crate) async fn link_for(&self, to: &str, nth: usize) -> String {
        let link = self.postbox.link_for(to, nth).await;
        link.split_once("/auth").unwrap().1.to_owned()
    }

    /// Discovery, for example.
    pub(crate) async fn get_json(&self, path: &str) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(database: &Database, folder: &TempDir, port: u16, settings: &[(String, String)]) -> Child {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.path().join("serve"))
        .unwrap();
    let mut child = command(database, folder, port, settings)
        .arg("serve")
        .stderr(Stdio::from(log.try_clone().unwrap()))
        .stdout(Stdio::from(log))
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the service ended at once"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "the service listens"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn command(
    database: &Database,
    folder: &TempDir,
    port: u16,
    settings: &[(String, String)],
) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_identity"));
    let master = folder.path().join("master").to_str().unwrap().to_owned();
    let defaults = [
        ("SERVER__HOST", "127.0.0.1".to_owned()),
        ("SERVER__PORT", port.to_string()),
        ("SERVER__WORKERS", "2".to_owned()),
        ("MASTER_KEY_FILE", master),
        ("ISSUER", format!("http://localhost:{port}/auth")),
        ("AUDIENCE", AUDIENCE.to_owned()),
        ("BEHIND_GATEWAY", "true".to_owned()),
        ("CLIENTS__WEB__NAME", "The app".to_owned()),
        ("CLIENTS__WEB__REDIRECT_URIS", CALLBACK.to_owned()),
        (
            "CLIENTS__WEB__POST_LOGOUT_REDIRECT_URIS",
            AFTER_LOGOUT.to_owned(),
        ),
        ("CLIENTS__OTHER__NAME", "Another app".to_owned()),
        (
            "CLIENTS__OTHER__REDIRECT_URIS",
            "http://localhost:5174/callback".to_owned(),
        ),
        ("ACCOUNTS__VERIFY_EMAIL", "false".to_owned()),
        (
            "MAIL__FROM",
            "MotoVaultPro <no-reply@motovaultpro.test>".to_owned(),
        ),
    ];
    let variable = |key: &str| format!("MVP_IDENTITY__{key}");
    command
        .env("MVP_CONFIG_DIR", folder.path())
        .envs(
            database
                .settings()
                .map(|(key, value)| (variable(key), value)),
        )
        .envs(defaults.map(|(key, value)| (variable(key), value)))
        .envs(settings.iter().map(|(key, value)| (variable(key), value)));
    command
}
