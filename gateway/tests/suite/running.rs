//! The program itself, with its own memory and its own patience.

use crate::client::Client;
use crate::door::{KEY, eventually, settings, write_key};
use crate::upstream::Upstream;
use serde_json::Value;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) upstream: Upstream,
    program: Child,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Serves with the settings of the other tests, but for these changes.
    pub(crate) fn start(upstream: Upstream, change: impl FnOnce(&mut Value)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["partner", "other"] {
            write_key(&folder.path().join(name), KEY);
        }
        let port = test_kit::free_port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut json = settings(&upstream.address.to_string(), folder.path());
        json["listen"]["port"] = port.into();
        change(&mut json);
        let file = folder.path().join("gateway.yml");
        std::fs::write(&file, json.to_string()).unwrap();
        let program = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .args(["serve", "--config"])
            .arg(&file)
            .env("MVP_CONFIG_DIR", folder.path().join("none"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        eventually("it serves", || {
            std::net::TcpStream::connect(address).is_ok()
        });
        Self {
            address,
            upstream,
            program,
            _folder: folder,
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }

    /// The most memory that it ever held, in kB.
    pub(crate) fn peak_kb(&self) -> u64 {
        let status = format!("/proc/{}/status", self.program.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
