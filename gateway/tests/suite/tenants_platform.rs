//! The real tenants platform over a database of the test's own.

use crate::client::{Answer, Client};
use crate::door::{eventually, write_key};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use test_kit::{Database, listening_address};

/// The key that the gateway and the tests show the platform.
pub(crate) const PLATFORM_KEY: &str = "mvp_svc_gateway_0123456789abcdef";

pub(crate) struct TenantsPlatform {
    pub(crate) address: SocketAddr,
    child: Child,
    folder: tempfile::TempDir,
    _database: Database,
}

/// A tenant with a key.
pub(crate) struct Customer {
    pub(crate) tenant: String,
    pub(crate) key: String,
}

impl TenantsPlatform {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let database = runtime.block_on(Database::create_writable());
        let folder = tempfile::tempdir().unwrap();
        write_key(&folder.path().join("key"), PLATFORM_KEY);
        write_key(&folder.path().join("master"), &"m".repeat(40));
        let migrated = command(&database, folder.path()).arg("migrate").output();
        assert!(migrated.as_ref().unwrap().status.success(), "{migrated:?}");
        let log = folder.path().join("log");
        let child = command(&database, folder.path())
            .arg("serve")
            .stdout(Stdio::from(std::fs::File::create(&log).unwrap()))
            .spawn()
            .unwrap();
        let address = runtime.block_on(listening_address(&log));
        eventually("the platform is ready", || {
            Client::connect(address).get("/health/ready").status == 200
        });
        Self {
            address,
            child,
            folder,
            _database: database,
        }
    }

    /// A new tenant of a new plan, with a key that reads vehicles.
    pub(crate) fn customer(&self, plan: &str, includes: &Value) -> Customer {
        assert_eq!(
            self.send("PUT", &format!("/tenants/plans/{plan}"), includes)
                .status,
            200
        );
        let body = json!({"name": "Workshop", "plan": plan});
        let tenant = self.send("POST", "/tenants", &body).json();
        let tenant = tenant["id"].as_str().unwrap().to_owned();
        let key = self.key_of(&tenant);
        Customer { tenant, key }
    }

    /// From now on it knows no other key than this one.
    pub(crate) fn change_key(&self, key: &str) {
        write_key(&self.folder.path().join("key"), key);
        eventually("the platform has read its keys again", || {
            Client::connect(self.address)
                .send(format!(
                    "GET /tenants HTTP/1.1\r\nHost: t\r\nX-API-Key: {PLATFORM_KEY}\r\n\r\n"
                ))
                .answer()
                .status
                == 401
        });
    }

    /// Freezes it, or lets it go on.
    pub(crate) fn signal(&self, signal: &str) {
        let told = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(told.unwrap().success());
    }

    /// Another key of a tenant.
    pub(crate) fn key_of(&self, tenant: &str) -> String {
        let body = json!({"name": "program", "scopes": ["vehicles:read"]});
        let path = format!("/tenants/{tenant}/api-keys");
        let made = self.send("POST", &path, &body).json();
        made["key"].as_str().unwrap().to_owned()
    }

    /// What the platform has counted of a tenant's requests today.
    pub(crate) fn counted(&self, tenant: &str) -> Value {
        let usage = self.send("GET", &format!("/tenants/{tenant}/usage"), &Value::Null);
        usage.json()["quota"]["requests_per_day"]["used"].clone()
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: t\r\nX-API-Key: {PLATFORM_KEY}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Client::connect(self.address).send(request).answer()
    }
}

impl Drop for TenantsPlatform {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(database: &Database, folder: &Path) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_gateway")).with_file_name("tenants-platform");
    assert!(
        program.is_file(),
        "tenants-platform is not built: run `make test`"
    );
    let mut command = Command::new(program);
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let settings = [
        ("SERVER__HOST", "127.0.0.1".to_owned()),
        ("SERVER__PORT", "0".to_owned()),
        ("SERVER__WORKERS", "1".to_owned()),
        // Nothing listens there; the platform does without.
        ("REDIS__HOST", "127.0.0.1".to_owned()),
        ("REDIS__PORT", "1".to_owned()),
        ("API_KEYS__FILES", path(&folder.join("key"))),
        ("API_KEYS__STRICT", "false".to_owned()),
        ("MASTER_KEY_FILE", path(&folder.join("master"))),
    ];
    let named = |(key, value)| (format!("MVP_TENANTS_PLATFORM__{key}"), value);
    command
        .env("MVP_CONFIG_DIR", folder)
        .envs(database.settings().map(named))
        .envs(settings.map(named));
    command
}
