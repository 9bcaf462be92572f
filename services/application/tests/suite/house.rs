//! The service over a platform and a Redis, and questions to it.

use crate::platform::KEY;
use reqwest::Method;
use serde_json::Value;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use test_kit::{Answer, Database, eventually_async, listening_address};

/// Nothing listens there.
pub(crate) const NO_REDIS: u16 = 1;
/// The first and only Honda of many a test.
pub(crate) const MAKES: &str = "/api/platform/makes?year=2022";

pub(crate) struct House {
    pub(crate) url: String,
    pub(crate) database: Database,
    folder: TempDir,
    client: reqwest::Client,
    child: Child,
    workers: Vec<Child>,
    /// How many workers there ever were.
    started: usize,
    settings: Vec<(String, String)>,
}

impl House {
    /// The service in front of a platform, with some settings of its own.
    pub(crate) async fn start(
        platform_url: &str,
        redis_port: u16,
        settings: &[(&str, &str)],
    ) -> Self {
        let database = Database::create_writable().await;
        Self::over(database, platform_url, redis_port, settings).await
    }

    /// The same over a database that is there.
    pub(crate) async fn over(
        database: Database,
        platform_url: &str,
        redis_port: u16,
        settings: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("platform-key"), KEY).unwrap();
        let settings = all_settings(&database, &folder, platform_url, redis_port, settings);
        let migrated = command(&folder, &settings).arg("migrate").output().unwrap();
        assert!(migrated.status.success(), "{migrated:?}");
        let log = folder.path().join("serve");
        let child = command(&folder, &settings)
            .arg("serve")
            .stdout(Stdio::from(std::fs::File::create(&log).unwrap()))
            .spawn()
            .unwrap();
        let address = listening_address(&log).await;
        let house = Self {
            url: format!("http://{address}"),
            database,
            folder,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            child,
            workers: Vec::new(),
            started: 0,
            settings,
        };
        eventually_async("the service is ready", || async {
            house.get("/health/ready").await.status == 200
        })
        .await;
        house
    }

    /// Starts a worker beside the service.
    pub(crate) async fn start_worker(&mut self) {
        self.start_workers(1).await;
    }

    pub(crate) async fn start_workers(&mut self, count: usize) {
        for _ in 0..count {
            self.started += 1;
            let log = self.folder.path().join(format!("worker-{}", self.started));
            let child = command(&self.folder, &self.settings)
                .arg("worker")
                .stdout(Stdio::from(std::fs::File::create(&log).unwrap()))
                .spawn()
                .unwrap();
            self.workers.push(child);
            listening_address(&log).await;
        }
    }

    /// Kills the workers in the middle of whatever they do.
    pub(crate) fn kill_worker(&mut self) {
        for mut worker in self.workers.drain(..) {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }

    /// Runs another command of the program over the same database.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        command(&self.folder, &self.settings)
            .args(arguments)
            .output()
            .unwrap()
    }

    /// What the service and its worker have logged so far.
    pub(crate) fn log(&self) -> String {
        let workers = (1..=self.started).map(|number| format!("worker-{number}"));
        let names = std::iter::once("serve".to_owned()).chain(workers);
        names
            .map(|name| std::fs::read_to_string(self.folder.path().join(name)).unwrap())
            .collect()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, None).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::to(request).await
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        bytes: Vec<u8>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(request.body(bytes)).await
    }

    /// The body of an answer that must be there.
    pub(crate) async fn found(&self, path: &str) -> Value {
        self.get(path).await.is(200)
    }

    /// What the circuit breaker to the platform lets through, as `/api/health` tells it.
    pub(crate) async fn breaker(&self) -> String {
        let health = self.get("/api/health").await.is(200);
        let breaker = &health["checks"]["platform_vehicles"]["breaker"];
        breaker.as_str().unwrap().to_owned()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill_worker();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the program that needs no database.
pub(crate) fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_application"))
        .args(arguments)
        .output()
        .unwrap()
}

fn all_settings(
    database: &Database,
    folder: &TempDir,
    platform_url: &str,
    redis_port: u16,
    more: &[(&str, &str)],
) -> Vec<(String, String)> {
    let key_file = folder.path().join("platform-key").display().to_string();
    let defaults = [
        ("SERVER__HOST", "127.0.0.1".to_owned()),
        ("SERVER__PORT", "0".to_owned()),
        ("SERVER__WORKERS", "2".to_owned()),
        ("WORKER__HOST", "127.0.0.1".to_owned()),
        ("WORKER__PORT", "0".to_owned()),
        ("WORKER__WORKERS", "1".to_owned()),
        ("REDIS__HOST", "127.0.0.1".to_owned()),
        ("REDIS__PORT", redis_port.to_string()),
        ("PLATFORM_VEHICLES__URL", platform_url.to_owned()),
        ("PLATFORM_VEHICLES__KEY_FILE", key_file.clone()),
        ("PLATFORM_TENANTS__URL", "http://127.0.0.1:1".to_owned()),
        ("PLATFORM_TENANTS__KEY_FILE", key_file),
    ];
    let defaults = database.settings().into_iter().chain(defaults);
    let defaults = defaults.map(|(key, value)| (key.to_owned(), value));
    let more = more
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    defaults.chain(more).collect()
}

fn command(folder: &TempDir, settings: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_application"));
    let variable = |key: &str| format!("MVP_APPLICATION__{key}");
    command
        .env("MVP_CONFIG_DIR", folder.path())
        .env("MVP_LOG", "debug")
        .envs(settings.iter().map(|(key, value)| (variable(key), value)));
    command
}

/// What vehicle data says of itself.
pub(crate) trait OfSource {
    /// It is from this source, and says so everywhere.
    fn is_from(&self, source: &str) -> Value;
}

impl OfSource for Answer {
    #[track_caller]
    fn is_from(&self, source: &str) -> Value {
        let body = self.is(200);
        assert_eq!(self.header("x-data-source"), source);
        assert_eq!(body["meta"]["source"], source);
        assert_eq!(body["meta"]["stale"], source == "stale");
        assert!(self.header("age").parse::<u64>().is_ok());
        assert!(body["meta"]["as_of"].as_str().unwrap().ends_with('Z'));
        body
    }
}
