//! A Redis server of a test's own, to be killed and frozen.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running `redis-server` on loopback without persistence, stopped at the end.
pub struct RedisServer {
    /// Its port; kept across [`RedisServer::restart`].
    pub port: u16,
    child: Child,
}

impl RedisServer {
    /// Starts a server and waits until it takes connections.
    ///
    /// # Panics
    /// When there is no `redis-server`; `make test` installs it.
    pub fn start() -> Self {
        let port = crate::free_port();
        Self {
            port,
            child: spawn(port),
        }
    }

    /// The server's URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Kills it at once.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server runs");
        self.child.wait().expect("the server ends");
    }

    /// Starts it again, empty, on the same port.
    pub fn restart(&mut self) {
        self.child = spawn(self.port);
    }

    /// Freezes it: connections stay open and nothing is answered.
    pub fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("the server runs");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(port: u16) -> Child {
    let program = std::env::var_os("TEST_REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    let child = Command::new(program)
        .args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--port",
        ])
        .arg(port.to_string())
        .current_dir(std::env::temp_dir())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed; run the tests by `make test`");
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "redis-server takes connections"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}
