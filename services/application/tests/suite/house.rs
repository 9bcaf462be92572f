//! The service over a platform and a Redis, and questions to it.

use crate::platform::KEY;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use test_kit::eventually_async;

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

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) taken: Duration,
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
        let begun = Instant::now();
        let address = loop {
            let lines = std::fs::read_to_string(&log).unwrap();
            let listening = lines
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .find(|line| line["msg"] == "listening");
            if let Some(line) = listening {
                break line["address"].as_str().unwrap().to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{lines}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
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
        let begun = Instant::now();
        let mut request = self.client.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
            taken: begun.elapsed(),
        }
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

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("no {name} in {self:?}"));
        value.to_str().unwrap()
    }

    /// It has this status; its body.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// It is from this source, and says so everywhere.
    #[track_caller]
    pub(crate) fn is_from(&self, source: &str) -> Value {
        let body = self.is(200);
        assert_eq!(self.header("x-data-source"), source);
        assert_eq!(body["meta"]["source"], source);
        assert_eq!(body["meta"]["stale"], source == "stale");
        assert!(self.header("age").parse::<u64>().is_ok());
        assert!(body["meta"]["as_of"].as_str().unwrap().ends_with('Z'));
        body
    }

    /// It is a problem with this status and code.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.is(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["instance"], self.header("x-request-id"));
        problem
    }
}
