//! An HTTP server that answers as it is told and remembers what it was asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Method, path and query, as `GET /vehicles/years`.
    pub line: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Asked {
    /// A header that must be there.
    ///
    /// # Panics
    /// When it is not.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no {name} in {self:?}"), |(_, value)| value)
    }
}

/// What the server answers.
#[derive(Debug, Clone)]
pub struct Answering {
    /// The status.
    pub status: u16,
    /// Headers beside the length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// How long it thinks about it.
    pub delay: Duration,
}

impl Answering {
    /// 200 with a JSON body.
    pub fn json(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: body.into(),
            delay: Duration::ZERO,
        }
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::json("")
        }
    }

    /// With another header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Only after a while.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

type Rule = Box<dyn Fn(&Asked) -> Answering + Send>;

struct State {
    rule: Mutex<Rule>,
    asked: Mutex<Vec<Asked>>,
}

/// A server on loopback.
pub struct RecordingServer {
    /// Its port.
    pub port: u16,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

impl RecordingServer {
    /// Starts a server that answers by a rule.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(rule: impl Fn(&Asked) -> Answering + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State {
            rule: Mutex::new(Box::new(rule)),
            asked: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self {
            port,
            state,
            accepting,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on it answers by another rule.
    pub fn answer(&self, rule: impl Fn(&Asked) -> Answering + Send + 'static) {
        *lock(&self.state.rule) = Box::new(rule);
    }

    /// Everything it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.state.asked).clone()
    }

    /// How often it was asked so far.
    pub fn times_asked(&self) -> usize {
        lock(&self.state.asked).len()
    }
}

impl Drop for RecordingServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((socket, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move { serve(BufStream::new(socket), &state).await });
    }
}

/// One request after the other, until the client goes.
async fn serve(mut socket: BufStream<TcpStream>, state: &State) -> Option<()> {
    loop {
        let asked = read(&mut socket).await?;
        let answering = {
            let rule = lock(&state.rule);
            lock(&state.asked).push(asked.clone());
            rule(&asked)
        };
        tokio::time::sleep(answering.delay).await;
        let mut head = format!(
            "HTTP/1.1 {} -\r\nContent-Length: {}\r\n",
            answering.status,
            answering.body.len()
        );
        for (name, value) in &answering.headers {
            head = head + name + ": " + value + "\r\n";
        }
        let answer = head + "\r\n" + &answering.body;
        socket.write_all(answer.as_bytes()).await.ok()?;
        socket.flush().await.ok()?;
    }
}

async fn read(socket: &mut BufStream<TcpStream>) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let line = lines.next()?.strip_suffix(" HTTP/1.1")?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap_or(0));
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    Some(Asked {
        line,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
