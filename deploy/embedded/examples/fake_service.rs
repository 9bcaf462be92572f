//! Stands in for a service in the tests of `mvp`: named as the service it plays, it writes down how
//! it was called, answers health pages, and misbehaves as the files of `FAKE_DIR` tell it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a stand-in stops at the first surprise"
)]

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

fn main() {
    let folder = PathBuf::from(std::env::var_os("FAKE_DIR").expect("FAKE_DIR"));
    let mut args = std::env::args();
    let name = args.next().map(PathBuf::from).unwrap();
    let name = name.file_name().unwrap().to_str().unwrap().to_owned();
    let args: Vec<String> = args.collect();
    let verb = args.first().cloned().unwrap_or_default();
    write_down(&folder, &format!("{name} {}", args.join(" ")));
    let told = folder.join(format!("{name}.{verb}.fails"));
    if told.exists() {
        let _ = writeln!(std::io::stderr(), "the last words of {name} {verb}");
        std::process::exit(7);
    }
    match verb.as_str() {
        "etl" if args.get(1).is_some_and(|verb| verb == "releases") => {
            let state = if folder.join("loaded").exists() {
                "live"
            } else {
                "failed"
            };
            let release = format!("{{\"state\": \"{state}\", \"month\": \"2026-10\"}}");
            let _ = writeln!(
                std::io::stdout(),
                "{{\"level\":\"INFO\"}}\n[\n  {release}\n]"
            );
        }
        "etl" if args.get(1).is_some_and(|verb| verb == "schedule") => {
            serve(&folder, "vehicles-etl");
        }
        "etl" => {
            while folder.join("load.waits").exists() {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            std::fs::write(folder.join("loaded"), "").unwrap();
            for percent in [10, 50, 100] {
                let _ = writeln!(std::io::stderr(), "vPIC {percent} %");
            }
        }
        "serve" => serve(&folder, &name),
        "worker" => serve(&folder, "application-worker"),
        // Not UTF-8: a message in the encoding of some machine.
        "migrate" => {
            let _ = std::io::stdout().write_all(b"sch\xe9ma\n");
            let _ = std::io::stderr().write_all(b"d\xe9j\xe0\n");
        }
        // Once, as the real one.
        "users" if !folder.join("admin").exists() => {
            std::fs::write(folder.join("admin"), "").unwrap();
            let made = r#"{"email":"admin@localhost","password":"once-only"}"#;
            let _ = writeln!(std::io::stdout(), "{made}");
        }
        "environment" => {
            for (key, value) in std::env::vars().filter(|(key, _)| key.starts_with("MVP_")) {
                let _ = writeln!(std::io::stdout(), "{key}={value}");
            }
        }
        _ => {}
    }
}

fn write_down(folder: &Path, line: &str) {
    let mut calls = OpenOptions::new()
        .append(true)
        .create(true)
        .open(folder.join("calls"))
        .unwrap();
    calls.write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn serve(folder: &Path, name: &str) {
    let port = match name {
        "gateway" => std::env::var("MVP_GATEWAY__LISTEN__PORT"),
        "vehicles-etl" => std::env::var("MVP_VEHICLES_PLATFORM__ETL__LISTEN__PORT"),
        "tenants-platform" => std::env::var("MVP_TENANTS_PLATFORM__SERVER__PORT"),
        "identity" => std::env::var("MVP_IDENTITY__SERVER__PORT"),
        "application" => std::env::var("MVP_APPLICATION__SERVER__PORT"),
        "application-worker" => std::env::var("MVP_APPLICATION__WORKER__PORT"),
        _ => std::env::var("MVP_VEHICLES_PLATFORM__SERVER__PORT"),
    };
    let port: u16 = port.unwrap().parse().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    for stream in listener.incoming() {
        answer(folder, name, stream.unwrap());
    }
}

fn answer(folder: &Path, name: &str, mut stream: TcpStream) {
    let mut request = [0; 2048];
    let length = stream.read(&mut request).unwrap_or_default();
    let request = String::from_utf8_lossy(request.get(..length).unwrap_or_default()).into_owned();
    if request.starts_with("GET /crash ") {
        std::process::exit(9);
    }
    let busy = folder.join(format!("{name}.not-ready")).exists();
    let (status, word) = if busy {
        (503, "unavailable")
    } else {
        (200, "ok")
    };
    if request.starts_with("GET /health/ready ") {
        write_down(folder, &format!("{name} ready {status}"));
    }
    let called = match name {
        "vehicles-etl" => "vehicles-platform-etl",
        name => name,
    };
    let body = format!("{{\"status\":\"{word}\",\"service\":\"{called}\"}}");
    let _ = write!(
        stream,
        "HTTP/1.1 {status} -\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}
