//! The threads that serve, each with a runtime and upstream connections of its own.
//!
//! A request is read, forwarded and answered on one thread without waking another: that is worth
//! more to a proxy than work stealing, because its tasks are all short.

use crate::connection::{self, Door, OpenConnection};
use crate::policy::RedisCounts;
use crate::proxy::Worker;
use crate::state::{Shared, StartError};
use arc_swap::ArcSwap;
use std::net::{SocketAddr, TcpStream as StdTcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// How often idle upstream connections are looked through.
const SWEEP: Duration = Duration::from_secs(1);

type Accepted = (StdTcpStream, (SocketAddr, Door), OpenConnection);

/// One serving thread, seen from outside.
pub(crate) struct Thread {
    sockets: mpsc::UnboundedSender<Accepted>,
    handle: JoinHandle<()>,
}

impl Thread {
    /// Starts a thread; it ends when `stop` says so, or at the latest `patience` after.
    pub(crate) fn start(
        index: usize,
        live: &Arc<ArcSwap<Shared>>,
        stop: watch::Receiver<bool>,
        patience: Duration,
    ) -> Result<Self, StartError> {
        let failed = |what: &str, source| StartError::System {
            what: what.to_owned(),
            source,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| failed("a runtime cannot be made", source))?;
        // What speaks to Redis finds its runtime by itself.
        let entered = runtime.enter();
        let shared = live.load();
        let redis = shared.redis.as_ref();
        let redis = redis.map(|(settings, secrets)| RedisCounts::new(settings, secrets));
        drop(entered);
        let worker = Arc::new(Worker {
            redis: redis.transpose()?,
            live: Arc::clone(live),
            place: index,
        });
        let (sockets, accepted) = mpsc::unbounded_channel();
        let handle = std::thread::Builder::new()
            .name(format!("gateway-{index}"))
            .spawn(move || runtime.block_on(run(worker, accepted, stop, patience)))
            .map_err(|source| failed("a thread cannot be started", source))?;
        Ok(Self { sockets, handle })
    }

    /// Gives the thread a connection; false when it has ended.
    pub(crate) fn give(
        &self,
        socket: StdTcpStream,
        peer: (SocketAddr, Door),
        open: OpenConnection,
    ) -> bool {
        self.sockets.send((socket, peer, open)).is_ok()
    }

    /// Waits for the thread to end.
    pub(crate) fn join(self) {
        drop(self.sockets);
        if self.handle.join().is_err() {
            tracing::error!("a serving thread panicked");
        }
    }
}

async fn run(
    worker: Arc<Worker>,
    mut accepted: mpsc::UnboundedReceiver<Accepted>,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
) {
    let mut connections = JoinSet::new();
    let mut sweeps = tokio::time::interval(SWEEP);
    let stopping = stop.clone();
    loop {
        tokio::select! {
            taken = accepted.recv() => {
                let Some((socket, peer, open)) = taken else { break };
                if let Ok(socket) = TcpStream::from_std(socket) {
                    connections.spawn(connection::serve(
                        Arc::clone(&worker), socket, peer, open, stopping.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
            _ = sweeps.tick() => worker.shared().sweep(worker.place),
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    // What was accepted before the stop is served too.
    accepted.close();
    while let Some((socket, peer, open)) = accepted.recv().await {
        if let Ok(socket) = TcpStream::from_std(socket) {
            connections.spawn(connection::serve(
                Arc::clone(&worker),
                socket,
                peer,
                open,
                stopping.clone(),
            ));
        }
    }
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(patience, drained).await.is_err() {
        tracing::warn!("requests were still running when the time to stop was over");
    }
}
