//! The running gateway: listeners, threads, and how they stop.

use crate::access_log::{AccessLog, Writer};
use crate::admin::Operated;
use crate::connection::{Door, OpenConnection};
use crate::descriptors;
use crate::reload::{Reloader, Source};
use crate::settings::{Listen, Settings, ms};
use crate::state::{Shared, StartError};
use crate::tls::TlsSettings;
use crate::workers::Thread;
use arc_swap::ArcSwap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Out of descriptors or memory: give connections a moment to close.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A gateway that serves until [`Gateway::stop`].
pub struct Gateway {
    /// Where clients connect.
    pub address: SocketAddr,
    /// Where clients connect by TLS.
    pub tls_address: Option<SocketAddr>,
    /// Where the operator connects.
    pub admin_address: SocketAddr,
    live: Arc<ArcSwap<Shared>>,
    stop: watch::Sender<bool>,
    last_call: Duration,
    acceptor: JoinHandle<Vec<Thread>>,
    admin: JoinHandle<()>,
    follower: JoinHandle<()>,
    log_writer: Option<Writer>,
}

impl Gateway {
    /// Starts listening and serving. The access log goes to `log`.
    pub async fn start(
        settings: &Settings,
        log: impl Write + Send + 'static,
    ) -> Result<Self, StartError> {
        Self::start_from(settings, None, log).await
    }

    /// The same, and follows the source of the settings.
    pub async fn start_from(
        settings: &Settings,
        source: Option<Source>,
        log: impl Write + Send + 'static,
    ) -> Result<Self, StartError> {
        let (access_log, log_writer) = if settings.access_log {
            let started = AccessLog::start(log).map_err(|source| StartError::System {
                what: "the access log cannot be started".to_owned(),
                source,
            })?;
            (Some(started.0), Some(started.1))
        } else {
            (None, None)
        };
        descriptors::make_room(descriptors_needed(settings));
        let live = Arc::new(ArcSwap::from_pointee(Shared::new(settings, access_log)?));
        live.load().begin();
        let registry = live.load().metrics.registry();
        let reloader = Reloader::new(Arc::clone(&live), source, settings, &registry)?;
        let reloader = Arc::new(reloader);
        let (listener, address) = bind(&settings.listen, "listen").await?;
        let (admin_listener, admin_address) = bind(&settings.admin, "admin").await?;
        let (tls_listener, tls_address) = bind_tls(settings, &live.load()).await?.unzip();
        let (stop, stopping) = watch::channel(false);
        let threads = (0..worker_count(settings))
            .map(|index| {
                let patience = ms(settings.timeouts.stop_ms);
                Thread::start(index, &live, stopping.clone(), patience)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let max_open = i64::try_from(settings.limits.max_connections).unwrap_or(i64::MAX);
        let of_acceptor = Arc::clone(&live);
        let acceptor = tokio::spawn(async move {
            accept(
                (&listener, tls_listener.as_ref()),
                &threads,
                &of_acceptor,
                max_open,
                stopping,
            )
            .await;
            threads
        });
        Ok(Self {
            address,
            tls_address,
            admin_address,
            acceptor,
            admin: tokio::spawn(crate::admin::serve(
                admin_listener,
                Operated {
                    live: Arc::clone(&live),
                    reloader: Arc::clone(&reloader),
                },
            )),
            follower: tokio::spawn(reloader.follow()),
            live,
            stop,
            last_call: ms(settings.timeouts.last_call_ms),
            log_writer,
        })
    }

    /// Unready at once; finishes what runs; returns when nothing is left or its time is over.
    pub async fn stop(self) {
        // New settings now would come with a health that knows nothing of the stop.
        self.follower.abort();
        self.live.load().health.drain();
        // What is on its way in by now is still taken.
        tokio::time::sleep(self.last_call).await;
        self.stop.send_replace(true);
        if let Ok(threads) = self.acceptor.await {
            let joined = tokio::task::spawn_blocking(|| threads.into_iter().for_each(Thread::join));
            if joined.await.is_err() {
                tracing::error!("the serving threads could not be waited for");
            }
        }
        self.live.load_full().finish().await;
        self.admin.abort();
        drop(self.log_writer);
    }
}

/// One a client's or an operator's connection, one a connection to an upstream, used or kept.
fn descriptors_needed(settings: &Settings) -> u64 {
    let workers = worker_count(settings);
    let upstreams = settings.upstreams.values().map(|upstream| {
        let kept = upstream.max_idle_connections.saturating_mul(workers);
        let of_instance = upstream.max_connections.saturating_add(kept);
        of_instance.saturating_mul(upstream.instances.len().max(1))
    });
    let doors = settings
        .limits
        .max_connections
        .saturating_add(crate::admin::MAX_CONNECTIONS);
    let all = upstreams.fold(doors, usize::saturating_add);
    u64::try_from(all).unwrap_or(u64::MAX)
}

pub(crate) fn worker_count(settings: &Settings) -> usize {
    match settings.workers {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        count => count,
    }
}

async fn bind(listen: &Listen, key: &str) -> Result<(TcpListener, SocketAddr), StartError> {
    let wanted = SocketAddr::new(listen.host, listen.port);
    let failed = |source| StartError::System {
        what: format!("{key}: {wanted} cannot be listened on"),
        source,
    };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Hands connections to the threads in turn.
async fn accept(
    (plain, tls): (&TcpListener, Option<&TcpListener>),
    threads: &[Thread],
    live: &ArcSwap<Shared>,
    max_open: i64,
    mut stop: watch::Receiver<bool>,
) {
    // Taken out of the settings in force, so that these are not held when others come.
    let (open_connections, turned_away) = {
        let metrics = &live.load().metrics;
        (
            metrics.open_connections.clone(),
            metrics.turned_away.clone(),
        )
    };
    let mut turns = threads.iter().cycle();
    loop {
        let accepted = tokio::select! {
            accepted = plain.accept() => accepted.map(|(socket, peer)| (socket, (peer, Door::Plain))),
            accepted = accept_tls(tls) => accepted.map(|(socket, peer)| (socket, (peer, Door::Tls))),
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok(_) if open_connections.get() >= max_open => {
                turned_away.inc();
            }
            Ok((socket, peer)) => {
                let Some(thread) = turns.next() else { return };
                let open = OpenConnection::count(&open_connections);
                let given = socket
                    .into_std()
                    .is_ok_and(|socket| thread.give(socket, peer, open));
                if !given {
                    tracing::error!("a connection found no thread to serve it");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The encrypted door, if there is to be one; the plain one may send everybody there.
async fn bind_tls(
    settings: &Settings,
    shared: &Shared,
) -> Result<Option<(TcpListener, SocketAddr)>, StartError> {
    let Some(tls) = &settings.tls else {
        return Ok(None);
    };
    let (listener, address) = bind(&TlsSettings::listen(tls), "tls").await?;
    if tls.redirect_to_https {
        let port = tls.public_port.unwrap_or(address.port());
        shared.redirect_to_port.get_or_init(|| port);
    }
    Ok(Some((listener, address)))
}

/// Without such a listener, never.
async fn accept_tls(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}
