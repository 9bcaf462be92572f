//! `serve`: everything over HTTP, until the process is asked to stop.

use super::{CliError, maintenance, migrate};
use crate::document;
use crate::features::memberships::Inviting;
use crate::features::validation::Validations;
use crate::features::webhooks::Sender as WebhookSender;
use crate::settings::{SERVICE, Settings};
use access::{KeyFile, RequireApiKey, WatchedKeyRing};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use cache::RedisStore;
use mail::Mailer;
use mail::outbox::{Outbox, Sender as MailSender};
use pg::Db;
use service::health::Health;
use service::server::{self, Process, deadline};
use std::sync::Arc;
use tokio::task::JoinHandle;
use utoipa_actix_web::service_config::ServiceConfig;
use vault::Vault;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    settings.validate()?;
    if settings.api_keys.files.0.is_empty() {
        return Err(CliError::NoApiKeys);
    }
    let vault = Arc::new(Vault::open(&settings.master_key_file)?);
    let telemetry = service::telemetry::init(SERVICE, VERSION)?;
    let listener = server::bind(&settings.server)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let files = settings.api_keys.files.0.iter().map(KeyFile::new).collect();
    let keys = WatchedKeyRing::watch(files, settings.api_keys.strict)?;
    let db = Db::new(&settings.database, SERVICE)?;
    let redis = RedisStore::new(&settings.redis)?;
    let outbox = Arc::new(Outbox::new(db.clone(), Arc::clone(&vault)));
    let tasks = tasks(settings, &db, &vault, &outbox)?;
    let health = Health::new(SERVICE, VERSION);
    let process = Process {
        health: Arc::new(redis.check(db.check(health, SERVICE, migrate::steps()))),
        telemetry,
        openapi: document::document(),
    };
    db.observe_connections(SERVICE);
    let inviting = Inviting::new(
        settings.invitations.clone(),
        outbox,
        settings.mail.is_some(),
    );
    let data = (
        Data::new(Validations::new(db.clone(), Some(redis))),
        Data::new(db),
        Data::from(vault),
        Data::new(settings.tenants.clone()),
        Data::new(inviting),
    );
    let routes = move |config: &mut ServiceConfig<'_>| {
        let (validations, db, vault, tenants, inviting) = data.clone();
        let scope = utoipa_actix_web::scope(document::SCOPE)
            .wrap(from_fn(deadline::keep))
            .wrap(RequireApiKey::new(keys.clone()))
            .configure(document::routes);
        config
            .app_data(validations)
            .app_data(db)
            .app_data(vault)
            .app_data(tenants)
            .app_data(inviting)
            .service(scope);
    };
    let stop = service::shutdown::signal();
    let served = server::run(listener, &settings.server, process, routes, stop).await;
    for task in tasks {
        task.abort();
    }
    Ok(served?)
}

/// What goes on beside the requests: events and mail are sent, and the house is kept clean.
fn tasks(
    settings: &Settings,
    db: &Db,
    vault: &Arc<Vault>,
    outbox: &Arc<Outbox>,
) -> Result<Vec<JoinHandle<()>>, CliError> {
    let webhooks = WebhookSender::new(db.clone(), Arc::clone(vault), settings.webhooks.clone());
    let webhooks = webhooks.map_err(CliError::Webhooks)?;
    let mailer = settings.mail.as_ref();
    let mailer = mailer.map(|mail| Mailer::new(&mail.from, &mail.smtp));
    let mail = mailer.transpose()?;
    let mail = mail.map(|mailer| MailSender::new(Arc::clone(outbox), Some(mailer)));
    let mut tasks = vec![
        tokio::spawn(webhooks.run()),
        tokio::spawn(maintenance::run(db.clone(), settings.webhooks.keep_days)),
    ];
    tasks.extend(mail.map(|mail| tokio::spawn(mail.run())));
    Ok(tasks)
}
