//! Everything that people need: the service with its worker, both platforms, and an issuer of their tokens.

use crate::house::{House, NO_REDIS};
use crate::issuer::{AUDIENCE, Issuer, Key};
use crate::platform::Platform;
use crate::tenants::Tenants;
use jsonwebtoken::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{Answer, ChaosProxy, Database};

pub(crate) const ANNA: &str = "auth0|anna";
pub(crate) const BEN: &str = "auth0|ben";
/// A 2003 Honda Accord.
pub(crate) const VIN: &str = "1HGCM82633A004352";

pub(crate) struct Town {
    pub(crate) house: House,
    pub(crate) platform: Platform,
    pub(crate) tenants: Tenants,
    issuer: Issuer,
    key: Key,
}

impl Town {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With some settings of its own.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::over(Database::create_writable().await, settings).await
    }

    /// With a network between the service and its PostgreSQL that can be broken.
    pub(crate) async fn behind_a_proxy() -> (Self, ChaosProxy) {
        let database = Database::create_writable().await;
        let proxy = ChaosProxy::start(format!("{}:{}", database.host, database.port)).await;
        let port = proxy.port.to_string();
        let settings = [("DATABASE__PORT", port.as_str())];
        (Self::over(database, &settings).await, proxy)
    }

    async fn over(database: Database, more: &[(&str, &str)]) -> Self {
        let (platform, tenants) = tokio::join!(Platform::start(), Tenants::start());
        let key = Key::new("k1", Algorithm::ES256);
        let issuer = Issuer::start(&[key.public()]);
        let jwks = format!("{}/keys", issuer.url);
        let mut settings = vec![
            // A busy machine decodes late; what then happens has a test of its own.
            ("PLATFORM_DATA__VIN_PATIENCE_MS", "2500"),
            ("TOKENS__ISSUER", issuer.url.as_str()),
            ("TOKENS__AUDIENCE", AUDIENCE),
            ("TOKENS__JWKS_URL", &jwks),
            ("PLATFORM_TENANTS__URL", &tenants.url),
        ];
        settings.extend(more);
        let house = House::over(database, &platform.url(), NO_REDIS, &settings).await;
        Self {
            house,
            platform,
            tenants,
            issuer,
            key,
        }
    }

    /// A person with a token.
    pub(crate) fn person(&self, subject: &str) -> Person<'_> {
        let mut claims = self.issuer.claims();
        claims["sub"] = json!(subject);
        Person {
            house: &self.house,
            token: format!("Bearer {}", self.key.sign(&claims)),
            tenant: None,
        }
    }
}

/// Somebody signed in, in the tenant of their own or in another.
pub(crate) struct Person<'a> {
    house: &'a House,
    pub(crate) token: String,
    tenant: Option<String>,
}

impl Person<'_> {
    /// The same person, in this tenant.
    pub(crate) fn within(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        self
    }

    pub(crate) fn headers<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut headers = vec![("Authorization", self.token.as_str())];
        headers.extend(self.tenant.as_deref().map(|tenant| ("X-Tenant-Id", tenant)));
        headers.extend(more);
        headers
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        more: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let headers = self.headers(more);
        self.house.send(method, path, &headers, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Adds a vehicle that must be taken, and says where it is.
    pub(crate) async fn add(&self, body: Value) -> String {
        let answer = self.post("/api/vehicles", body).await;
        answer.is(201);
        answer.header("location").to_owned()
    }

    /// Changes what stands at a path, having read it.
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        let read = self.get(path).await;
        read.is(200);
        let etag = read.header("etag").to_owned();
        let headers = [("If-Match", etag.as_str())];
        self.send(Method::PATCH, path, &headers, Some(body)).await
    }
}
