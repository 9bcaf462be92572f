//! A database of the test's own, the service over it, and questions to it.

use reqwest::Method;
use serde_json::{Value, json};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use test_kit::{Answer, Database, eventually_async, listening_address};

pub(crate) const KEY: &str = "mvp_svc_tests_0123456789abcdef";
/// Nothing listens there.
const NO_REDIS: u16 = 1;
/// An id that no tenant has.
pub(crate) const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

pub(crate) struct House {
    pub(crate) database: Database,
    pub(crate) url: String,
    folder: TempDir,
    settings: Vec<(String, String)>,
    client: reqwest::Client,
    child: Child,
}

impl House {
    /// The service over an empty database.
    pub(crate) async fn new() -> Self {
        Self::with(NO_REDIS, &[]).await
    }

    /// With some settings of its own.
    pub(crate) async fn with(redis_port: u16, settings: &[(&str, &str)]) -> Self {
        let database = Database::create_writable().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tests-key"), KEY).unwrap();
        std::fs::write(folder.path().join("master"), "m".repeat(40)).unwrap();
        let migrated = command(&database, &folder, redis_port, settings)
            .arg("migrate")
            .output()
            .unwrap();
        assert!(migrated.status.success(), "{migrated:?}");
        let log = folder.path().join("serve");
        let child = command(&database, &folder, redis_port, settings)
            .arg("serve")
            .stdout(Stdio::from(std::fs::File::create(&log).unwrap()))
            .spawn()
            .unwrap();
        let address = listening_address(&log).await;
        let house = Self {
            database,
            url: format!("http://{address}"),
            folder,
            settings: owned(settings),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            child,
        };
        eventually_async("the service is ready", || async {
            house.get("/health/ready").await.status == 200
        })
        .await;
        house
    }

    /// Runs another command of the program over the same database.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    /// The same, with settings of its own.
    pub(crate) fn run_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        command(&self.database, &self.folder, NO_REDIS, settings)
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Asks the service to stop.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
    }

    /// Waits until the service has ended.
    pub(crate) async fn ended(&mut self) {
        while self.child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the service has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("serve")).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &[], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// With the service's key, unless another one is among the headers.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if !headers.iter().any(|(name, _)| *name == "X-API-Key") {
            request = request.header("X-API-Key", KEY);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::to(request).await
    }

    pub(crate) async fn post_owned(&self, path: String, body: Value) -> Answer {
        self.post(&path, body).await
    }

    pub(crate) async fn get_owned(&self, path: String) -> Answer {
        self.get(&path).await
    }

    pub(crate) async fn put_owned(&self, path: String, body: Value) -> Answer {
        self.put(&path, body).await
    }

    pub(crate) async fn patch_owned(
        &self,
        path: String,
        headers: Vec<(String, String)>,
        body: Value,
    ) -> Answer {
        let headers: Vec<_> = headers
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        self.send(Method::PATCH, &path, &headers, Some(body)).await
    }

    pub(crate) async fn send_owned(
        &self,
        method: Method,
        path: &str,
        headers: Vec<(&str, &str)>,
        body: Value,
    ) -> Answer {
        self.send(method, path, &headers, Some(body)).await
    }

    /// Another instance of the service over the same database, until it is dropped.
    pub(crate) fn another_instance(&self) -> Instance {
        let settings = self.settings.iter();
        let settings: Vec<_> = settings.map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let child = command(&self.database, &self.folder, NO_REDIS, &settings)
            .arg("serve")
            .stdout(Stdio::null())
            .spawn();
        Instance(child.unwrap())
    }

    /// A tenant of the plan, owned by `owner`.
    pub(crate) async fn tenant(&self, plan: &str) -> String {
        let body = json!({ "name": "The Smiths", "plan": plan, "owner": "owner" });
        let made = self.post("/tenants", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// The types of the events of a tenant, in their order.
    pub(crate) async fn events_of(&self, tenant: &str) -> Vec<String> {
        let path = format!("/tenants/events?after=0&limit=1000&tenant_id={tenant}");
        let events = self.get(&path).await.json();
        let data = events["data"].as_array().unwrap();
        data.iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A running program, killed when dropped.
pub(crate) struct Instance(Child);

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn owned(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = settings.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn command(
    database: &Database,
    folder: &TempDir,
    redis_port: u16,
    settings: &[(&str, &str)],
) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenants-platform"));
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let defaults = [
        ("SERVER__HOST", "127.0.0.1".to_owned()),
        ("SERVER__PORT", "0".to_owned()),
        ("SERVER__WORKERS", "2".to_owned()),
        ("REDIS__HOST", "127.0.0.1".to_owned()),
        ("REDIS__PORT", redis_port.to_string()),
        ("API_KEYS__FILES", file("tests-key")),
        ("API_KEYS__STRICT", "false".to_owned()),
        ("MASTER_KEY_FILE", file("master")),
    ];
    let variable = |key: &str| format!("MVP_TENANTS_PLATFORM__{key}");
    command
        .env("MVP_CONFIG_DIR", folder.path())
        .envs(
            database
                .settings()
                .map(|(key, value)| (variable(key), value)),
        )
        .envs(defaults.map(|(key, value)| (variable(key), value)))
        .envs(settings.iter().map(|(key, value)| (variable(key), *value)));
    command
}
