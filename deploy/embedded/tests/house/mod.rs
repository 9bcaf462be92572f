//! A small checkout of its own for each test, with the real program and stand-in services.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::collections::HashMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

/// The services' programs.
const PROGRAMS: [&str; 5] = [
    "vehicles-platform",
    "tenants-platform",
    "identity",
    "application",
    "gateway",
];

/// Everything lies in one temporary folder, and whatever runs there is stopped at the end.
pub struct House {
    folder: tempfile::TempDir,
    offset: u16,
    /// Held, not read: the claim ends with the house.
    ports: File,
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("mvp-house-")
            .tempdir()
            .unwrap();
        open_to_others(folder.path());
        let dump = folder.path().join("services/vehicles-platform/data");
        std::fs::create_dir_all(&dump).unwrap();
        std::fs::write(
            dump.join("vPICList_lite_2026_10.sql.zst"),
            "not read by a stand-in",
        )
        .unwrap();
        for name in ["bin", "fake"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        set_mode(&folder.path().join("fake"), 0o777);
        let program = PathBuf::from(env!("CARGO_BIN_EXE_mvp"));
        let fake = program.parent().unwrap().join("examples/fake_service");
        for service in PROGRAMS {
            std::os::unix::fs::symlink(&fake, folder.path().join("bin").join(service)).unwrap();
        }
        let (offset, ports) = free_offset();
        Self {
            folder,
            offset,
            ports,
        }
    }

    /// With the real programs, the real settings and the real vehicle data.
    pub fn real() -> Self {
        let house = Self::furnished();
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let checkout = checkout.canonicalize().unwrap();
        let built = PathBuf::from(env!("CARGO_BIN_EXE_mvp"));
        for service in PROGRAMS {
            let program = built.with_file_name(service);
            assert!(program.is_file(), "{service} is not built: run `make test`");
            replace(&program, &house.path().join("bin").join(service));
        }
        let dump = "services/vehicles-platform/data/vPICList_lite_2026_10.sql.zst";
        replace(&checkout.join(dump), &house.path().join(dump));
        std::os::unix::fs::symlink(checkout.join("config"), house.path().join("config")).unwrap();
        house
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join(".mvp")
    }

    /// With clusters and secrets that an earlier house made: `initdb` is most of a first start.
    pub fn furnished() -> Self {
        let house = Self::new();
        let template = template();
        std::fs::create_dir(house.data()).unwrap();
        copy(&template.join("postgres"), &house.data());
        copy(&template.join("secrets"), house.path());
        house
    }

    /// With programs of its own, wherever the originals lie: a service's account can run them.
    pub fn with_own_programs(self) -> Self {
        for service in PROGRAMS {
            let program = self.path().join("bin").join(service);
            let original = program.canonicalize().unwrap();
            std::fs::remove_file(&program).unwrap();
            std::fs::copy(original, &program).unwrap();
        }
        self
    }

    /// The port an endpoint prefers here.
    pub fn preferred(&self, port: u16) -> u16 {
        port + self.offset
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mvp"));
        command
            .args(args)
            .env("MVP_HOME", self.path())
            .env("MVP_BIN_DIR", self.path().join("bin"))
            .env("MVP_PORT_OFFSET", self.offset.to_string())
            .env("FAKE_DIR", self.path().join("fake"))
            .env_remove("MVP_DATA_DIR")
            .env_remove("MVP_SECRETS_DIR")
            .current_dir(self.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must succeed; gives what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "mvp {args:?}: {}", text(&output));
        text(&output)
    }

    /// Runs a command whose exit code does not matter here; gives what it printed.
    pub fn ok_or_not(&self, args: &[&str]) -> String {
        text(&self.run(args))
    }

    pub fn up(&self) -> String {
        self.ok(&["up", "--detach"])
    }

    pub fn status(&self) -> Value {
        let output = self.run(&["status", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub fn status_code(&self) -> i32 {
        self.run(&["status"]).status.code().unwrap()
    }

    pub fn state(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.data().join("state.json")).unwrap()).unwrap()
    }

    pub fn supervisor(&self) -> u64 {
        self.state()["supervisor"]["pid"].as_u64().unwrap()
    }

    /// The pids on record, by name.
    pub fn pids(&self) -> HashMap<String, u64> {
        let entries = std::fs::read_dir(self.data().join("run"))
            .unwrap()
            .flatten();
        entries
            .filter(|entry| entry.path().extension().is_some_and(|e| e == "json"))
            .map(|entry| {
                let text = std::fs::read(entry.path()).unwrap();
                let record: Value = serde_json::from_slice(&text).unwrap();
                let name = record["name"].as_str().unwrap().to_owned();
                (name, record["identity"]["pid"].as_u64().unwrap())
            })
            .collect()
    }

    /// Tells a stand-in to misbehave: `gateway.serve.fails`, `gateway.not-ready`.
    pub fn tell(&self, misbehaviour: &str) {
        std::fs::write(self.path().join("fake").join(misbehaviour), "").unwrap();
    }

    pub fn untell(&self, misbehaviour: &str) {
        std::fs::remove_file(self.path().join("fake").join(misbehaviour)).unwrap();
    }

    /// How the stand-ins were called, in order.
    pub fn calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.path().join("fake/calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    pub fn secret(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join("secrets").join(name))
            .unwrap()
            .trim()
            .to_owned()
    }

    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.data().join("log").join(format!("{name}.log")))
            .unwrap_or_default()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.command(&["down"]).output();
    }
}

/// Lets a name in the house lead to something outside it.
fn replace(target: &Path, link: &Path) {
    std::fs::remove_file(link).unwrap();
    std::os::unix::fs::symlink(target, link).unwrap();
}

pub fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Clusters and secrets of a house that was started and stopped once by this very program.
fn template() -> PathBuf {
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_mvp")).unwrap();
    let built = program
        .modified()
        .unwrap()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let template = parent.join(format!("{TEMPLATE}{}", built.as_nanos()));
    // Each test is a process of its own: one makes it, the others wait.
    let lock = File::create(parent.join("house.lock")).unwrap();
    lock.lock().unwrap();
    if template.exists() {
        return template;
    }
    for entry in std::fs::read_dir(parent).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPLATE) {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    let house = House::new();
    house.ok(&["up", "--detach", "--stores-only"]);
    house.ok(&["down"]);
    let draft = parent.join(format!("{TEMPLATE}draft"));
    std::fs::create_dir(&draft).unwrap();
    copy(&house.data().join("postgres"), &draft);
    copy(&house.path().join("secrets"), &draft);
    std::fs::rename(&draft, &template).unwrap();
    template
}

const TEMPLATE: &str = "house-template-";

fn copy(from: &Path, into: &Path) {
    let status = Command::new("cp")
        .arg("-a")
        .args([from, into])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process runs, zombies not counted.
pub fn alive(pid: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

pub fn kill(signal: &str, pid: u64) {
    let status = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Tests run side by side: each holds a range of ports of its own, found free.
fn free_offset() -> (u16, File) {
    let preferred = [
        15432, 15433, 15434, 16379, 16380, 16381, 18000, 18080, 18081,
    ];
    // Below the ports that the kernel hands out to clients (32768 on), above the real ones.
    (2000..14_000_u16)
        .step_by(200)
        .find_map(|offset| {
            let name = format!("mvp-house-ports-{offset}.lock");
            let claim = File::create(std::env::temp_dir().join(name)).ok()?;
            claim.try_lock().ok()?;
            let free = |port| TcpListener::bind(("127.0.0.1", port + offset)).is_ok();
            preferred.into_iter().all(free).then_some((offset, claim))
        })
        .expect("a free range of ports")
}

/// Root's children run as other users, who must be able to come here.
fn open_to_others(folder: &Path) {
    set_mode(folder, 0o755);
}

pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
