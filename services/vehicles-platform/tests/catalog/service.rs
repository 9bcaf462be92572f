//! A running service, and questions to it.

use crate::etl::Etl;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use test_kit::eventually_async;

pub(crate) const KEY: &str = "mvp_svc_tests_0123456789abcdef";
/// Nothing listens there.
pub(crate) const NO_REDIS: u16 = 1;

pub(crate) struct Service {
    pub(crate) url: String,
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
        let begun = Instant::now();
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body).send().await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
            taken: begun.elapsed(),
        }
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

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .to_str()
            .unwrap()
    }

    /// It is a problem with this status and code.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["instance"], self.header("x-request-id"));
        problem
    }
}
