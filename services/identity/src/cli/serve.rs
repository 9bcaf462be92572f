//! `serve`: everything over HTTP, until the process is asked to stop.

use super::{CliError, maintenance, migrate};
use crate::document;
use crate::html;
use crate::settings::{SCOPE, SERVICE, Settings};
use crate::state::State;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::Data;
use mail::Mailer;
use mail::outbox::Sender;
use service::health::Health;
use service::server::{self, Process};
use std::sync::Arc;
use utoipa_actix_web::service_config::ServiceConfig;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) async fn run(settings: Settings) -> Result<(), CliError> {
    let telemetry = service::telemetry::init(SERVICE, VERSION)?;
    let state = Data::new(super::state(settings)?);
    let server_settings = state.settings.server.clone();
    let listener = server::bind(&server_settings)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let mail = &state.settings.mail;
    let mailer = mail.smtp.as_ref();
    let mailer = mailer
        .map(|smtp| Mailer::new(&mail.from, smtp))
        .transpose()?;
    let sending = tokio::spawn(Sender::new(Arc::clone(&state.outbox), mailer).run());
    let cleaning = tokio::spawn(maintenance::run(state.clone()));
    let health = Health::new(SERVICE, VERSION);
    let process = Process {
        health: Arc::new(state.db.check(health, SERVICE, migrate::steps())),
        telemetry,
        openapi: document::document(),
    };
    state.db.observe_connections(SERVICE);
    let shared = state.clone();
    let routes = move |config: &mut ServiceConfig<'_>| {
        let scope = utoipa_actix_web::scope(SCOPE)
            .wrap(headers(&shared))
            .configure(document::routes);
        config.app_data(shared.clone()).service(scope);
    };
    let stop = service::shutdown::signal();
    let served = server::run(listener, &server_settings, process, routes, stop).await;
    sending.abort();
    cleaning.abort();
    Ok(served?)
}

/// What browsers are told where an answer says nothing itself.
fn headers(state: &State) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add(("Content-Security-Policy", html::content_policy(state, "")))
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("X-Frame-Options", "DENY"))
        // Links that open accounts are in addresses: they go nowhere else.
        .add(("Referrer-Policy", "no-referrer"))
        .add((
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=(), payment=()",
        ));
    if state.address.is_secure {
        headers.add(("Strict-Transport-Security", "max-age=31536000"))
    } else {
        headers
    }
}
