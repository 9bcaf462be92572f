//! The service over a platform and a Redis, and questions to it.

use crate::platform::KEY;
use serde_json::Value;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use test_kit::{Answer, eventually_async, listening_address};

/// Nothing listens there.
pub(crate) const NO_REDIS: u16 = 1;
/// The first and only Honda of many a test.
pub(crate) const MAKES: &str = "/api/platform/makes?year=2022";

pub(crate) struct House {
    pub(crate) url: String,
    folder: TempDir,
    client: reqwest::Client,
    child: Child,
}

impl House {
    /// The service in front of a platform, with some settings of its own.
    pub(crate) async fn start(
        platform_url: &str,
        redis_port: u16,
        settings: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("platform-key"), KEY).unwrap();
        let log = folder.path().join("serve");
        let child = command(&folder, platform_url, redis_port, settings)
            .arg("serve")
            .stdout(Stdio::from(std::fs::File::create(&log).unwrap()))
            .spawn()
            .unwrap();
        let address = listening_address(&log).await;
        let house = Self {
            url: format!("http://{address}"),
            folder,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            child,
        };
        eventually_async("the service is ready", || async {
            house.get("/health/ready").await.status == 200
        })
        .await;
        house
    }

    /// What the service has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("serve")).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(request).await
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
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs another command of the program.
pub(crate) fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    command(&folder, "http://127.0.0.1:1", NO_REDIS, &[])
        .args(arguments)
        .output()
        .unwrap()
}

fn command(
    folder: &TempDir,
    platform_url: &str,
    redis_port: u16,
    settings: &[(&str, &str)],
) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_application"));
    let key_file = folder.path().join("platform-key").display().to_string();
    let defaults = [
        ("SERVER__HOST", "127.0.0.1".to_owned()),
        ("SERVER__PORT", "0".to_owned()),
        ("SERVER__WORKERS", "2".to_owned()),
        ("REDIS__HOST", "127.0.0.1".to_owned()),
        ("REDIS__PORT", redis_port.to_string()),
        ("PLATFORM_VEHICLES__URL", platform_url.to_owned()),
        ("PLATFORM_VEHICLES__KEY_FILE", key_file),
    ];
    let variable = |key: &str| format!("MVP_APPLICATION__{key}");
    command
        .env("MVP_CONFIG_DIR", folder.path())
        .env("MVP_LOG", "debug")
        .envs(defaults.map(|(key, value)| (variable(key), value)))
        .envs(settings.iter().map(|(key, value)| (variable(key), *value)));
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
