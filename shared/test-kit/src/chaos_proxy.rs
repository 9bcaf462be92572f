//! A TCP proxy that fails on command.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Bytes go through.
    Open,
    /// Connections are taken and kept, and no byte goes through.
    Hanging,
    /// Connections are cut, and new ones are closed at once.
    Cut,
    /// The same, by a reset: the client's system tells it of an error, not of an end.
    Reset,
    /// What the server sends comes so much later.
    Slow(Duration),
    /// Cut once so many bytes have gone from the client to the server.
    CutAfter(u64),
}

/// A proxy on loopback in front of another address.
pub struct ChaosProxy {
    /// The port to connect to.
    pub port: u16,
    mood: watch::Sender<Mood>,
    accepting: JoinHandle<()>,
}

impl ChaosProxy {
    /// Starts a proxy that lets everything through.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(target: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (mood, watched) = watch::channel(Mood::Open);
        let target: Arc<str> = target.into().into();
        let accepting = tokio::spawn(accept(listener, target, watched));
        Self {
            port,
            mood,
            accepting,
        }
    }

    /// Cuts every connection, and closes new ones.
    pub fn cut(&self) {
        self.mood.send_replace(Mood::Cut);
    }

    /// Cuts a connection once it has carried so many bytes to the server.
    pub fn cut_after(&self, bytes: u64) {
        self.mood.send_replace(Mood::CutAfter(bytes));
    }

    /// Resets every connection, and new ones too.
    pub fn reset(&self) {
        self.mood.send_replace(Mood::Reset);
    }

    /// Passes what the server sends on after a while.
    pub fn slow(&self, delay: Duration) {
        self.mood.send_replace(Mood::Slow(delay));
    }

    /// Keeps connections open and passes nothing on.
    pub fn hang(&self) {
        self.mood.send_replace(Mood::Hanging);
    }

    /// Lets everything through again.
    pub fn heal(&self) {
        self.mood.send_replace(Mood::Open);
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, target: Arc<str>, mood: watch::Receiver<Mood>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(carry(client, Arc::clone(&target), mood.clone()));
    }
}

async fn carry(client: TcpStream, target: Arc<str>, mut mood: watch::Receiver<Mood>) {
    let Ok(socket) = client.as_fd().try_clone_to_owned() else {
        return;
    };
    if mood.wait_for(|mood| *mood != Mood::Hanging).await.is_err() {
        return;
    }
    let begun_as = *mood.borrow();
    if matches!(begun_as, Mood::Cut | Mood::Reset) {
        close_as(begun_as, &socket);
        return;
    }
    let Ok(server) = TcpStream::connect(&*target).await else {
        return;
    };
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    let mut up = tokio::spawn(pump(client_in, server_out, mood.clone(), true));
    let mut down = tokio::spawn(pump(server_in, client_out, mood.clone(), false));
    tokio::select! {
        _ = &mut up => {}
        _ = &mut down => {}
        _ = mood.wait_for(|mood| matches!(mood, Mood::Cut | Mood::Reset)) => {}
    }
    close_as(*mood.borrow(), &socket);
    up.abort();
    down.abort();
}

/// Without lingering, the closing of a socket sends a reset.
fn close_as(mood: Mood, socket: &OwnedFd) {
    if mood == Mood::Reset {
        let _ = rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO));
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mood: watch::Receiver<Mood>,
    to_server: bool,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut carried = 0_u64;
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        if mood.wait_for(|mood| *mood != Mood::Hanging).await.is_err() {
            return;
        }
        carried = carried.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        let limit = *mood.borrow();
        if let (Mood::Slow(delay), false) = (limit, to_server) {
            tokio::time::sleep(delay).await;
        }
        let over = matches!(limit, Mood::CutAfter(limit) if to_server && carried > limit);
        let Some(chunk) = buffer.get(..count) else {
            return;
        };
        if over || to.write_all(chunk).await.is_err() {
            return;
        }
    }
}
