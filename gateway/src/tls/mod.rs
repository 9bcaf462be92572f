//! The encrypted door: handshakes, and certificates that follow their files.

mod about;
mod certificate;
mod settings;

pub use settings::TlsSettings;

use crate::door_metrics::DoorMetrics;
use crate::settings::SettingsError;
use arc_swap::ArcSwap;
use certificate::{Pair, Stamps};
use http::HeaderValue;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use serde_json::Value;
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(2);
const HTTP2: &[u8] = b"h2";

/// What serving over TLS needs.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    /// The value of `Strict-Transport-Security`, if wanted.
    pub(crate) hsts: Option<HeaderValue>,
}

/// The certificate in force.
#[derive(Debug)]
struct Current(ArcSwap<Pair>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().key))
    }
}

impl Tls {
    /// Reads the certificate now and follows its files from now on. Needs a tokio runtime.
    pub(crate) fn new(
        settings: &TlsSettings,
        metrics: &DoorMetrics,
    ) -> Result<Self, SettingsError> {
        let seen = certificate::stamps(settings);
        let pair = settings.load()?;
        metrics.note_expiry(pair.about.not_after.as_second());
        let current = Arc::new(Current(ArcSwap::from_pointee(pair)));
        let watch = follow(
            Arc::downgrade(&current),
            settings.clone(),
            metrics.clone(),
            seen,
        );
        tokio::spawn(watch);
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config(Arc::clone(&current))?)),
            current,
            hsts: settings.hsts(),
        })
    }

    /// What the operator may know of the certificate in force.
    pub(crate) fn certificate(&self) -> Value {
        self.current.0.load().about.tell()
    }

    /// Agrees on keys and protocol; true when the client wants HTTP/2.
    pub(crate) async fn accept(
        &self,
        socket: TcpStream,
        patience: Duration,
    ) -> io::Result<(TlsStream<TcpStream>, bool)> {
        let stream = tokio::time::timeout(patience, self.acceptor.accept(socket)).await??;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
        Ok((stream, http2))
    }
}

/// TLS 1.2 and 1.3 with forward secrecy and authenticated encryption: rustls has nothing else.
fn config(current: Arc<Current>) -> Result<ServerConfig, SettingsError> {
    let unusable = |error: rustls::Error| SettingsError {
        key: "tls".to_owned(),
        reason: error.to_string(),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_cert_resolver(current);
    config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
    // Resumption without memory here: the client keeps its session, sealed.
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(unusable)?;
    Ok(config)
}

async fn follow(
    current: Weak<Current>,
    settings: TlsSettings,
    metrics: DoorMetrics,
    mut seen: Stamps,
) {
    let mut ticks = tokio::time::interval(INTERVAL);
    let mut bad = None;
    loop {
        ticks.tick().await;
        let Some(current) = current.upgrade() else {
            return;
        };
        let now = certificate::stamps(&settings);
        // One of the two may be written before the other: a bad pair is tried again when it changes.
        if now == seen || bad.as_ref() == Some(&now) {
            continue;
        }
        match settings.load() {
            Ok(pair) => {
                metrics.note_expiry(pair.about.not_after.as_second());
                current.0.store(Arc::new(pair));
                tracing::info!("the certificate was read again");
                seen = now;
                bad = None;
            }
            Err(error) => {
                tracing::warn!(%error, "the certificate was not read again; the old one stays");
                bad = Some(now);
            }
        }
    }
}
