//! A running service, and questions to it.

use crate::etl::Etl;
use reqwest::Method;
use serde_json::Value;
use std::process::{Child, Stdio};
use std::time::Duration;
use test_kit::{Answer, eventually_async, listening_address};

pub(crate) const KEY: &str = "mvp_svc_tests_0123456789abcdef";
/// Nothing listens there.
pub(crate) const NO_REDIS: u16 = 1;

pub(crate) struct Service {
    pub(crate) url: String,
    client: reqwest::Client,
    child: Child,
}

impl Service {
    /// Starts the service and waits until it answers at all.
    pub(crate) async fn start(etl: &Etl, database_port: u16, redis_port: u16) -> Self {
        let key = etl.file("tests-api-key", KEY);
        let log = etl.folder.path().join(test_kit::unique_name("serve"));
        let child = etl
            .command(&["serve"])
            .env(
                "MVP_VEHICLES_PLATFORM__DATABASE__PORT",
                database_port.to_string(),
            )
            .env("MVP_VEHICLES_PLATFORM__REDIS__PORT", redis_port.to_string())
            .env_remove("MVP_VEHICLES_PLATFORM__REDIS__PASSWORD_FILE")
            .env("MVP_VEHICLES_PLATFORM__API_KEYS__FILES", key)
            .env("MVP_VEHICLES_PLATFORM__API_KEYS__STRICT", "false")
            .stdout(Stdio::from(std::fs::File::create(&log).unwrap()))
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let address = listening_address(&log).await;
        Self {
            url: format!("http://{address}"),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            child,
        }
    }

    /// Starts the service where a release is live, and waits until it serves it.
    pub(crate) async fn ready(etl: &Etl, database_port: u16, redis_port: u16) -> Self {
        let service = Self::start(etl, database_port, redis_port).await;
        eventually_async("the service is ready", || async {
            service.get("/health/ready").await.status == 200
        })
        .await;
        service
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("X-API-Key", KEY)]).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.send_body(method, path, headers, String::new()).await
    }

    pub(crate) async fn send_body(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(request.body(body)).await
    }

    /// The items of a list that must be there.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let body = answer.json();
        assert!(body["next_cursor"].is_null(), "{body}");
        body["data"].as_array().unwrap().clone()
    }

    /// The id of an item by its name, in a list.
    pub(crate) async fn id_of(&self, path: &str, name: &str) -> i64 {
        let list = self.list(path).await;
        let item = list.iter().find(|item| item["name"] == name);
        item.unwrap_or_else(|| panic!("{name} is not in {path}: {list:?}"))["id"]
            .as_i64()
            .unwrap()
    }

    /// How often the cache found an answer there: `local`, `redis`, `stale` or `source`.
    pub(crate) async fn found(&self, result: &str) -> u64 {
        let label = format!("result=\"{result}\"");
        let metrics = self.get("/metrics").await.text;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("mvp_cache_requests_total") && line.contains(&label));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    /// Waits until the warming is over, so that counts stand still.
    pub(crate) async fn warmed(&self) {
        let mut before = u64::MAX;
        for _ in 0..100 {
            let now = self.found("source").await + self.found("redis").await;
            if now == before && now > 1 {
                return;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("the warming does not end");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
