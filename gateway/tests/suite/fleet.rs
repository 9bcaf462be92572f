//! Instances of a service as processes that can be stopped, killed and started again on their port.
//!
//! The service is the gateway itself, which answers `/health/live` and knows how to drain.

use crate::client::Client;
use crate::door::eventually;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

pub(crate) struct Instance {
    pub(crate) address: SocketAddr,
    file: PathBuf,
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl Instance {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let settings = serde_json::json!({
            "listen": {"host": "127.0.0.1", "port": address.port()},
            "admin": {"host": "127.0.0.1", "port": 0},
            "workers": 1,
            "access_log": false,
            "timeouts": {"last_call_ms": 100},
            "upstreams": {},
            "routes": [],
        });
        let file = folder.path().join("gateway.yml");
        std::fs::write(&file, settings.to_string()).unwrap();
        let mut instance = Self {
            address,
            file,
            folder,
            process: None,
        };
        instance.begin();
        instance
    }

    pub(crate) fn begin(&mut self) {
        let process = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .env("MVP_CONFIG_DIR", self.folder.path().join("none"))
            .arg("serve")
            .arg("--config")
            .arg(&self.file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        let address = self.address;
        eventually("it answers", || {
            TcpStream::connect(address).is_ok()
                && Client::connect(address).get("/health/live").status == 200
        });
    }

    /// Asks it to stop, and waits until it has finished what it was doing.
    pub(crate) fn drain(&mut self) {
        self.signal("-TERM");
        let mut process = self.process.take().unwrap();
        assert!(process.wait().unwrap().success());
    }

    /// Stops it where it is: its connections stay, and the system takes new ones for it.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        let told = Command::new("kill").args([name, &id]).status();
        assert!(told.unwrap().success());
    }

    /// Ends it at once, whatever it is doing.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
    }
}

/// A port that the system does not give to connections, so that it is free again after a restart.
fn free_port() -> u16 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let start = usize::try_from(std::process::id())
        .unwrap()
        .wrapping_mul(37);
    loop {
        let step = NEXT.fetch_add(1, Ordering::SeqCst);
        let port = u16::try_from(20_000 + (start + step) % 12_000).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Clients that ask without a pause until they are told to stop.
pub(crate) struct Load {
    over: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<u16>>>,
}

impl Load {
    pub(crate) fn start(clients: usize, address: SocketAddr, path: &'static str) -> Self {
        let (over, asked) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let ask = |_| {
            let (over, asked) = (Arc::clone(&over), Arc::<AtomicUsize>::clone(&asked));
            std::thread::spawn(move || {
                let mut client = Client::connect(address);
                let mut failed = Vec::new();
                while !over.load(Ordering::SeqCst) {
                    let status = client.get(path).status;
                    asked.fetch_add(1, Ordering::SeqCst);
                    if status != 200 {
                        failed.push(status);
                    }
                }
                failed
            })
        };
        Self {
            clients: (0..clients).map(ask).collect(),
            over,
            asked,
        }
    }

    /// Waits until so many more requests were answered.
    pub(crate) fn goes_on(&self, requests: usize) {
        let goal = self.asked.load(Ordering::SeqCst) + requests;
        eventually("requests are answered", || {
            self.asked.load(Ordering::SeqCst) >= goal
        });
    }

    /// The statuses of all requests that were not answered with 200.
    pub(crate) fn failed(self) -> Vec<u16> {
        self.over.store(true, Ordering::SeqCst);
        let clients = self.clients.into_iter();
        clients.flat_map(|client| client.join().unwrap()).collect()
    }
}
