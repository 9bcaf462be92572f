//! A real gateway in front of a recording upstream, with shortened times.

use crate::client::{Answer, Client};
use crate::tls_client::Pair;
use crate::upstream::{Upstream, ok};
use gateway::{Gateway, Settings, Source};
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) const KEY: &str = "mvp_svc_first_0123456789abcdef";

pub(crate) struct Door {
    pub(crate) upstream: Upstream,
    pub(crate) secrets: tempfile::TempDir,
    pub(crate) log: Log,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) tls_address: Option<std::net::SocketAddr>,
    pub(crate) admin: std::net::SocketAddr,
    /// With it, clients come by the encrypted door.
    pair: Option<Pair>,
    gateway: Option<Gateway>,
    runtime: tokio::runtime::Runtime,
}

/// A sink that the test can read.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) fn settings(upstream: &str, secrets: &std::path::Path) -> Value {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let oddities = json!({"semicolon": true, "empty_segment": true, "encoded_slash": true, "encoded_percent": true});
    json!({
        "listen": {"host": "127.0.0.1", "port": 0},
        "admin": {"host": "127.0.0.1", "port": 0},
        "workers": 2,
        "secrets_dir": secrets,
        "timeouts": {"head_ms": 400, "body_idle_ms": 500, "keep_alive_ms": 700, "last_call_ms": 100, "stop_ms": 4000},
        "upstreams": {
            "vehicles": {"url": format!("http://{upstream}"), "answer_timeout_ms": 900, "body_idle_timeout_ms": 600,
                // Most tests are of one request after another that goes wrong.
                "breaker": {"enabled": false}},
            "gone": {"url": "http://127.0.0.1:1"},
            "one": {"url": format!("http://{upstream}"), "max_connections": 1, "connect_timeout_ms": 200},
        },
        "routes": [
            {"prefix": "/platform/vehicles", "upstream": "vehicles", "strip_prefix": "/platform",
             "api_key": {"scope": "vehicles:read", "files": ["partner"], "forward": true}},
            {"prefix": "/private", "upstream": "vehicles", "api_key": {"scope": "other", "files": ["other"]}},
            {"prefix": "/open", "upstream": "vehicles", "methods": methods, "body_limit_bytes": 1000},
            {"prefix": "/big", "upstream": "vehicles", "methods": methods, "body_limit_bytes": 1_000_000_000_u64},
            {"prefix": "/odd", "upstream": "vehicles", "permit_in_path": oddities},
            {"prefix": "/gone", "upstream": "gone"},
            {"prefix": "/one", "upstream": "one"},
        ],
    })
}

impl Door {
    pub(crate) fn open() -> Self {
        Self::before(Upstream::start(ok))
    }

    pub(crate) fn before(upstream: Upstream) -> Self {
        Self::with(upstream, |_| {})
    }

    /// A door like `open` whose clients speak HTTP/1.1 by TLS.
    pub(crate) fn open_by_tls() -> Self {
        let pair = Pair::new();
        let mut door = Self::with(Upstream::start(ok), |json| json["tls"] = pair.settings());
        door.pair = Some(pair);
        door
    }

    /// What holds by the plain door must hold by the encrypted one.
    pub(crate) fn both() -> [Self; 2] {
        [Self::open(), Self::open_by_tls()]
    }

    pub(crate) fn with(upstream: Upstream, change: impl FnOnce(&mut Value)) -> Self {
        Self::begin(upstream, change, |_| None)
    }

    /// A gateway that follows its settings in the file `gateway.yml` beside the keys.
    pub(crate) fn following(upstream: Upstream, change: impl FnOnce(&mut Value)) -> Self {
        Self::begin(upstream, change, |file| {
            let read = file.clone();
            Some(Source::new(vec![file], move || {
                service::settings::load("gateway", Some(&read)).map_err(|error| error.to_string())
            }))
        })
    }

    fn begin(
        upstream: Upstream,
        change: impl FnOnce(&mut Value),
        source: impl FnOnce(PathBuf) -> Option<Source>,
    ) -> Self {
        let secrets = tempfile::tempdir().unwrap();
        let mut json = settings(&upstream.address.to_string(), secrets.path());
        change(&mut json);
        let file = secrets.path().join("gateway.yml");
        std::fs::write(&file, serde_json::to_string_pretty(&json).unwrap()).unwrap();
        let settings: Settings = serde_json::from_value(json).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let log = Log::default();
        write_key(&secrets.path().join("partner"), KEY);
        write_key(
            &secrets.path().join("other"),
            "mvp_svc_other_0123456789abcdef",
        );
        let gateway = runtime
            .block_on(Gateway::start_from(&settings, source(file), log.clone()))
            .unwrap();
        Self {
            address: gateway.address,
            tls_address: gateway.tls_address,
            admin: gateway.admin_address,
            pair: None,
            upstream,
            secrets,
            log,
            gateway: Some(gateway),
            runtime,
        }
    }

    pub(crate) fn client(&self) -> Client {
        match &self.pair {
            Some(pair) => {
                Client::connect_by_tls(self.tls_address.unwrap(), pair.config("http/1.1"))
            }
            None => Client::connect(self.address),
        }
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, bytes: impl AsRef<[u8]>) -> Answer {
        self.client().send(bytes).answer()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.client().get(path)
    }

    pub(crate) fn metrics(&self) -> String {
        Client::connect(self.admin).get("/metrics").text()
    }

    /// Writes the settings anew, with these changes.
    pub(crate) fn rewrite(&self, change: impl FnOnce(&mut Value)) {
        let mut json = settings(&self.upstream.address.to_string(), self.secrets.path());
        change(&mut json);
        // Nobody sees half a file.
        let draft = self.secrets.path().join("draft");
        std::fs::write(&draft, serde_json::to_string_pretty(&json).unwrap()).unwrap();
        std::fs::rename(draft, self.secrets.path().join("gateway.yml")).unwrap();
    }

    /// What the operator reads at a path.
    pub(crate) fn operator(&self, path: &str) -> Value {
        Client::connect(self.admin).get(path).json()
    }

    pub(crate) fn key_file(&self, name: &str) -> PathBuf {
        self.secrets.path().join(name)
    }

    /// Stops the gateway in the background.
    pub(crate) fn stop(&mut self) -> tokio::task::JoinHandle<()> {
        let gateway = self.gateway.take().unwrap();
        self.runtime.spawn(gateway.stop())
    }

    pub(crate) fn wait_for(&self, stopped: tokio::task::JoinHandle<()>) {
        self.runtime.block_on(stopped).unwrap();
    }

    /// Sends a hostile request: refused with this status, closed, and nothing reached the upstream.
    pub(crate) fn refuses(&self, name: &str, bytes: &[u8], status: u16) {
        let mut client = self.client();
        client.send(bytes);
        // Were the bytes read as more than one request, this one would show it.
        client.send("GET /open/smuggled HTTP/1.1\r\nHost: t\r\n\r\n");
        let answer = client
            .try_answer(bytes.starts_with(b"HEAD"))
            .unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{name}"
        );
        assert_eq!(
            answer.json()["instance"].as_str(),
            answer.header("x-request-id"),
            "{name}"
        );
        assert!(client.is_closed(), "{name}: the connection stays open");
        let raw = self.upstream.raw();
        assert!(raw.is_empty(), "{name}: the upstream saw {raw}");
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            self.runtime.block_on(gateway.stop());
        }
    }
}

pub(crate) fn write_key(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Polls until the condition holds.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
