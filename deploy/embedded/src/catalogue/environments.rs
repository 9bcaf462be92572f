//! The settings of each service here, as environment variables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;

use super::{
    APPLICATION, APPLICATION_TENANTS_KEY, APPLICATION_VEHICLES_KEY, APPLICATION_WORKER,
    DatabaseSpec, Environment, GATEWAY, GATEWAY_ADMIN, GATEWAY_TENANTS_KEY, IDENTITY,
    IDENTITY_DATABASE, IDENTITY_MASTER_KEY, TENANTS, TENANTS_API_KEY, TENANTS_MASTER_KEY,
    VEHICLES_API_KEY, VEHICLES_ETL, cluster, postgres_endpoint, postgres_secret, redis_endpoint,
    redis_secret,
};

/// What a service must know to find the others.
#[derive(Debug)]
pub(crate) struct Addresses<'a> {
    pub(crate) ports: &'a BTreeMap<String, u16>,
    pub(crate) secrets: &'a Path,
}

impl Addresses<'_> {
    pub(crate) fn port(&self, endpoint: &str) -> anyhow::Result<u16> {
        self.ports
            .get(endpoint)
            .copied()
            .with_context(|| format!("{endpoint} has no port yet"))
    }

    fn secret(&self, name: &str) -> String {
        self.secrets.join(name).display().to_string()
    }

    fn redis(&self, name: &str, prefix: &str) -> anyhow::Result<Environment> {
        Ok(vec![
            (format!("{prefix}REDIS__HOST"), "127.0.0.1".to_owned()),
            (
                format!("{prefix}REDIS__PORT"),
                self.port(&redis_endpoint(name))?.to_string(),
            ),
            (
                format!("{prefix}REDIS__PASSWORD_FILE"),
                self.secret(&redis_secret(name)),
            ),
        ])
    }

    /// `cluster`: the name of the one in which the database is.
    fn database(
        &self,
        cluster: &str,
        database: &DatabaseSpec,
        prefix: &str,
    ) -> anyhow::Result<Environment> {
        let name = database.name;
        let port = self.port(&postgres_endpoint(cluster))?;
        let setting = |key: &str, value: String| (format!("{prefix}{key}"), value);
        Ok(vec![
            setting("DATABASE__HOST", "127.0.0.1".to_owned()),
            setting("DATABASE__PORT", port.to_string()),
            setting("DATABASE__NAME", database.database.to_owned()),
            setting("DATABASE__USER", format!("{name}_api")),
            setting(
                "DATABASE__PASSWORD_FILE",
                self.secret(&postgres_secret(name, "api")),
            ),
            setting("DATABASE__TLS", "disable".to_owned()),
            setting("MIGRATIONS__USER", format!("{name}_owner")),
            setting(
                "MIGRATIONS__PASSWORD_FILE",
                self.secret(&postgres_secret(name, "owner")),
            ),
        ])
    }
}

pub(super) fn vehicles_platform_environment(a: &Addresses<'_>) -> anyhow::Result<Environment> {
    const PREFIX: &str = "MVP_VEHICLES_PLATFORM__";
    let keys = [VEHICLES_API_KEY, APPLICATION_VEHICLES_KEY].map(|key| a.secret(key));
    let mut all = a.database("vehicles", &cluster("vehicles")?.main, PREFIX)?;
    all.extend(a.redis("vehicles", PREFIX)?);
    all.push((format!("{PREFIX}SERVER__HOST"), "127.0.0.1".to_owned()));
    all.push((
        format!("{PREFIX}SERVER__PORT"),
        a.port("vehicles-platform")?.to_string(),
    ));
    all.push((format!("{PREFIX}API_KEYS__FILES"), keys.join(",")));
    Ok(all)
}

pub(super) fn vehicles_etl_environment(a: &Addresses<'_>) -> anyhow::Result<Environment> {
    let mut all = vehicles_platform_environment(a)?;
    let setting =
        |key: &str, value: String| (format!("MVP_VEHICLES_PLATFORM__ETL__LISTEN__{key}"), value);
    all.push(setting("HOST", "127.0.0.1".to_owned()));
    all.push(setting("PORT", a.port(VEHICLES_ETL)?.to_string()));
    Ok(all)
}

pub(super) fn tenants_platform_environment(a: &Addresses<'_>) -> anyhow::Result<Environment> {
    const PREFIX: &str = "MVP_TENANTS_PLATFORM__";
    let setting = |key: &str, value: String| (format!("{PREFIX}{key}"), value);
    let keys = [
        TENANTS_API_KEY,
        GATEWAY_TENANTS_KEY,
        APPLICATION_TENANTS_KEY,
    ]
    .map(|key| a.secret(key));
    let mut all = a.database("tenants", &cluster("tenants")?.main, PREFIX)?;
    all.extend(a.redis("tenants", PREFIX)?);
    all.extend([
        setting("SERVER__HOST", "127.0.0.1".to_owned()),
        setting("SERVER__PORT", a.port(TENANTS)?.to_string()),
        setting("API_KEYS__FILES", keys.join(",")),
        setting("MASTER_KEY_FILE", a.secret(TENANTS_MASTER_KEY)),
    ]);
    Ok(all)
}

/// Sections that are the operator's as soon as `mvp` is given one variable of theirs: another provider's issuer with the
/// keys of ours would let nobody in.
const SECTIONS_OF_OPERATOR: [&str; 3] = [
    "MVP_APPLICATION__TOKENS__",
    "MVP_IDENTITY__ACCOUNTS__",
    "MVP_IDENTITY__MAIL__",
];

/// The settings of ours that stay beside the variables that `mvp` itself was given, which services inherit.
fn unless_given(ours: Environment, given: impl Iterator<Item = OsString>) -> Environment {
    let given: Vec<_> = given.filter_map(|name| name.into_string().ok()).collect();
    let is_operators = |name: &str| {
        let section = SECTIONS_OF_OPERATOR
            .iter()
            .find(|it| name.starts_with(**it));
        section.is_some_and(|section| given.iter().any(|name| name.starts_with(section)))
    };
    let stay = ours.into_iter().filter(|(name, _)| !is_operators(name));
    stay.collect()
}

/// What people reach: links, cookies and tokens are made for it.
fn public_address(a: &Addresses<'_>) -> anyhow::Result<String> {
    Ok(format!("http://localhost:{}", a.port(GATEWAY)?))
}

pub(super) fn identity_environment(a: &Addresses<'_>) -> anyhow::Result<Environment> {
    const PREFIX: &str = "MVP_IDENTITY__";
    let setting = |key: &str, value: &str| (format!("{PREFIX}{key}"), value.to_owned());
    let public = public_address(a)?;
    let redirects = format!("{public}/app/callback,{public}/app/silent-callback");
    let mut all = a.database("tenants", &IDENTITY_DATABASE, PREFIX)?;
    all.extend([
        setting("SERVER__HOST", "127.0.0.1"),
        setting("SERVER__PORT", &a.port(IDENTITY)?.to_string()),
        setting("MASTER_KEY_FILE", &a.secret(IDENTITY_MASTER_KEY)),
        setting("ISSUER", &format!("{public}/auth")),
        setting("AUDIENCE", &format!("{public}/api")),
        setting("CLIENTS__WEB__REDIRECT_URIS", &redirects),
        setting(
            "CLIENTS__WEB__POST_LOGOUT_REDIRECT_URIS",
            &format!("{public}/app/,{public}/"),
        ),
        // There is no mail server here: accounts work at once, and links go to the log.
        setting("ACCOUNTS__VERIFY_EMAIL", "false"),
        setting("MAIL__SMTP", ""),
        setting("MAIL__LINKS_TO_LOG", "true"),
    ]);
    Ok(unless_given(all, std::env::vars_os().map(|(name, _)| name)))
}

pub(super) fn application_environment(a: &Addresses<'_>) -> anyhow::Result<Environment> {
    const PREFIX: &str = "MVP_APPLICATION__";
    let setting = |key: &str, value: String| (format!("{PREFIX}{key}"), value);
    let vehicles = format!("http://127.0.0.1:{}", a.port("vehicles-platform")?);
    let tenants = format!("http://127.0.0.1:{}", a.port(TENANTS)?);
    let identity = format!("http://127.0.0.1:{}", a.port(IDENTITY)?);
    let public = public_address(a)?;
    let mut all = a.database("app", &cluster("app")?.main, PREFIX)?;
    all.extend(a.redis("app", PREFIX)?);
    all.extend([
        setting("SERVER__HOST", "127.0.0.1".to_owned()),
        setting("SERVER__PORT", a.port(APPLICATION)?.to_string()),
        setting("WORKER__HOST", "127.0.0.1".to_owned()),
        setting("WORKER__PORT", a.port(APPLICATION_WORKER)?.to_string()),
        setting("TOKENS__ISSUER", format!("{public}/auth")),
        setting("TOKENS__AUDIENCE", format!("{public}/api")),
        // Straight to the provider: the gateway starts after the application.
        setting("TOKENS__JWKS_URL", format!("{identity}/auth/jwks")),
        setting("PLATFORM_VEHICLES__URL", vehicles),
        setting(
            "PLATFORM_VEHICLES__KEY_FILE",
            a.secret(APPLICATION_VEHICLES_KEY),
        ),
        setting("PLATFORM_TENANTS__URL", tenants),
        setting(
            "PLATFORM_TENANTS__KEY_FILE",
            a.secret(APPLICATION_TENANTS_KEY),
        ),
    ]);
    Ok(unless_given(all, std::env::vars_os().map(|(name, _)| name)))
}

pub(super) fn gateway_environment(a: &Addresses<'_>) -> anyhow::Result<Environment> {
    let setting = |key: &str, value: String| (format!("MVP_GATEWAY__{key}"), value);
    let loopback = || "127.0.0.1".to_owned();
    let vehicles = format!("http://127.0.0.1:{}", a.port("vehicles-platform")?);
    let tenants = format!("http://127.0.0.1:{}", a.port(TENANTS)?);
    let identity = format!("http://127.0.0.1:{}", a.port(IDENTITY)?);
    let application = format!("http://127.0.0.1:{}", a.port(APPLICATION)?);
    let mut all = vec![
        setting("LISTEN__HOST", loopback()),
        setting("LISTEN__PORT", a.port(GATEWAY)?.to_string()),
        setting("ADMIN__HOST", loopback()),
        setting("ADMIN__PORT", a.port(GATEWAY_ADMIN)?.to_string()),
        setting("SECRETS_DIR", a.secrets.display().to_string()),
        setting("UPSTREAMS__PLATFORM_VEHICLES__URL", vehicles),
        setting("UPSTREAMS__PLATFORM_TENANTS__URL", tenants.clone()),
        setting("TENANT_KEYS__URL", tenants),
        setting("UPSTREAMS__IDENTITY__URL", identity),
        setting("UPSTREAMS__APPLICATION__URL", application),
    ];
    // Counts are small: a Redis of its own would be one more process for nothing.
    all.extend(a.redis("tenants", "MVP_GATEWAY__")?);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_the_operator_sets_is_the_operators_alone() {
        let ours: Environment = [
            "MVP_APPLICATION__TOKENS__ISSUER",
            "MVP_APPLICATION__TOKENS__JWKS_URL",
            "MVP_APPLICATION__SERVER__PORT",
            "MVP_IDENTITY__MAIL__LINKS_TO_LOG",
        ]
        .map(|name| (name.to_owned(), "ours".to_owned()))
        .into();
        let left = |given: &[&str]| {
            let left = unless_given(ours.clone(), given.iter().map(OsString::from));
            left.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(left(&["PATH", "MVP_APPLICATION__SERVER__PORT"]).len(), 4);
        assert_eq!(
            left(&["MVP_APPLICATION__TOKENS__ISSUER"]),
            [
                "MVP_APPLICATION__SERVER__PORT",
                "MVP_IDENTITY__MAIL__LINKS_TO_LOG"
            ]
        );
        assert_eq!(left(&["MVP_IDENTITY__MAIL__SMTP__HOST"]).len(), 3);
    }
}
