//! The program itself: its settings, its check, its health check, its signals.

use crate::client::Client;
use crate::door::{KEY, eventually, settings, write_key};
use crate::upstream::{Upstream, ok};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn gateway(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.env("MVP_CONFIG_DIR", folder.join("none"));
    command
}

/// Writes the settings of the other tests as YAML (every JSON text is one) and checks them.
fn check(change: impl FnOnce(&mut serde_json::Value)) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    write_key(&folder.path().join("partner"), KEY);
    write_key(&folder.path().join("other"), KEY);
    let mut json = settings("127.0.0.1:2", folder.path());
    change(&mut json);
    let file = folder.path().join("gateway.yml");
    std::fs::write(&file, serde_json::to_string_pretty(&json).unwrap()).unwrap();
    said(
        &gateway(folder.path())
            .arg("check")
            .arg(&file)
            .output()
            .unwrap(),
    )
}

fn said(output: &Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn the_settings_that_ship_are_usable() {
    let secrets = tempfile::tempdir().unwrap();
    for name in [
        "platform-vehicles-api-key",
        "platform-tenants-api-key",
        "gateway-tenants-api-key",
    ] {
        write_key(&secrets.path().join(name), KEY);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_gateway"))
        .arg("check")
        .env(
            "MVP_CONFIG_DIR",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../config"),
        )
        .env("MVP_GATEWAY__SECRETS_DIR", secrets.path())
        .output()
        .unwrap();
    assert_eq!(
        said(&output),
        (true, "the settings are usable\n".to_owned())
    );
}

#[test]
fn what_is_wrong_with_the_keys_of_tenants_is_named() {
    are_named(&[
        ("routes[0].api_key.tenants", |s| {
            s["routes"][0]["api_key"]["tenants"] = true.into();
        }),
        ("tenant_keys.url", |s| {
            s["tenant_keys"] = serde_json::json!({"url": "ftp://x", "key_file": "partner"});
        }),
        ("tenant_keys.keep_s", |s| {
            s["tenant_keys"] =
                serde_json::json!({"url": "http://x", "key_file": "partner", "keep_s": 61});
        }),
        ("tenant_keys.ask_again_s", |s| {
            s["tenant_keys"] =
                serde_json::json!({"url": "http://x", "key_file": "partner", "ask_again_s": 60});
        }),
        ("tenant_keys.key_file", |s| {
            s["tenant_keys"] = serde_json::json!({"url": "http://x", "key_file": "absent"});
        }),
        ("routes[0].api_key.upstream_key", |s| {
            s["routes"][0]["api_key"]["upstream_key"] = "absent".into();
        }),
    ]);
}

type Change = fn(&mut serde_json::Value);

#[test]
fn what_is_wrong_with_settings_is_named() {
    assert!(check(|_| {}).0);
    let cases: [(&str, Change); 16] = [
        ("upstreams.a\"b: must be made of", |j| {
            j["upstreams"]["a\"b"] = j["upstreams"]["gone"].clone();
        }),
        ("routes[0].api_key.files", |j| {
            j["routes"][0]["api_key"]["files"] = serde_json::json!(["a\"b"]);
        }),
        ("lisen", |j| j["lisen"] = 1.into()),
        ("host", |j| j["listen"]["host"] = "nowhere".into()),
        ("routes[2].upstream: there is no upstream named x", |j| {
            j["routes"][2]["upstream"] = "x".into();
        }),
        ("routes[0].prefix", |j| {
            j["routes"][0]["prefix"] = "/a/../b".into();
        }),
        ("routes[0].prefix", |j| {
            j["routes"][0]["prefix"] = "/a/".into();
        }),
        ("routes[1].prefix: is there twice", |j| {
            j["routes"][1]["prefix"] = "/platform/vehicles".into();
        }),
        ("routes[0].strip_prefix", |j| {
            j["routes"][0]["strip_prefix"] = "/plat".into();
        }),
        ("routes[0].methods: TRACE", |j| {
            j["routes"][0]["methods"] = serde_json::json!(["TRACE"]);
        }),
        ("routes[0].api_key.files", |j| {
            j["routes"][0]["api_key"]["files"] = serde_json::json!([]);
        }),
        ("routes[0].api_key.files", |j| {
            j["routes"][0]["api_key"]["files"] = serde_json::json!(["absent"]);
        }),
        ("upstreams.vehicles.url: must begin with http://", |j| {
            j["upstreams"]["vehicles"]["url"] = "https://a".into();
        }),
        ("upstreams.vehicles.url", |j| {
            j["upstreams"]["vehicles"]["url"] = "http://a/b".into();
        }),
        ("limits.head_bytes", |j| {
            j["limits"] = serde_json::json!({"head_bytes": 1_000_000});
        }),
        ("limits.min_bytes_per_second", |j| {
            j["limits"] = serde_json::json!({"min_bytes_per_second": 0});
        }),
    ];
    are_named(&cases);
}

#[test]
fn what_is_wrong_with_instances_and_routing_is_named() {
    let cases: [(&str, Change); 11] = [
        ("upstreams.vehicles.url: is missing", |j| {
            j["upstreams"]["vehicles"]["url"] = serde_json::Value::Null;
        }),
        ("upstreams.vehicles.url: must not name a user", |j| {
            j["upstreams"]["vehicles"]["url"] = "http://a:b@c".into();
        }),
        ("upstreams.vehicles.instances: is given beside url", |j| {
            j["upstreams"]["vehicles"]["instances"] = serde_json::json!([{"url": "http://a"}]);
        }),
        (
            "upstreams.x.instances[1].url: must begin with http://",
            |j| {
                let instances = [
                    serde_json::json!({"url": "http://a"}),
                    serde_json::json!({"url": "a"}),
                ];
                j["upstreams"]["x"] = serde_json::json!({"instances": instances});
            },
        ),
        ("upstreams.x.instances[1].url: is there twice", |j| {
            let instance = serde_json::json!({"url": "http://a"});
            j["upstreams"]["x"] = serde_json::json!({"instances": [instance, instance]});
        }),
        (
            "upstreams.x.instances[0].weight: must be from 1 to 100",
            |j| {
                let instance = serde_json::json!({"url": "http://a", "weight": 0});
                j["upstreams"]["x"] = serde_json::json!({"instances": [instance]});
            },
        ),
        (
            "upstreams.vehicles.retries.statuses: 500 is not one of",
            |j| {
                j["upstreams"]["vehicles"]["retries"] = serde_json::json!({"statuses": [500]});
            },
        ),
        (
            "upstreams.vehicles.breaker.min_calls: must be at least 1",
            |j| {
                j["upstreams"]["vehicles"]["breaker"]["min_calls"] = 0.into();
            },
        ),
        ("upstreams.vehicles.health_check.interval_ms", |j| {
            j["upstreams"]["vehicles"]["health_check"] = serde_json::json!({"interval_ms": 0});
        }),
        ("routes[0].hosts: each must be made of", |j| {
            j["routes"][0]["hosts"] = serde_json::json!(["a.example:80"]);
        }),
        (
            "routes[0].canary.upstream: there is no upstream named x",
            |j| {
                j["routes"][0]["canary"] = serde_json::json!({"upstream": "x"});
            },
        ),
    ];
    are_named(&cases);
}

fn are_named(cases: &[(&str, Change)]) {
    for (named, change) in cases {
        let (good, text) = check(change);
        assert!(!good && text.contains(named), "{named}: {text}");
    }
}

#[test]
fn a_wrong_line_is_told_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yml");
    let text = "listen: { host: 127.0.0.1, port: 0 }\nadmin: { host: 127.0.0.1, port: 0 }\nupstreams:\n  a:\n    url: ftp://a\nroutes: []\n";
    std::fs::write(&file, text).unwrap();
    let (good, said) = said(
        &gateway(folder.path())
            .arg("check")
            .arg(&file)
            .output()
            .unwrap(),
    );
    assert!(
        !good && said.contains("gateway.yml:5: upstreams.a.url"),
        "{said}"
    );
}

#[test]
fn it_serves_is_found_healthy_and_stops_on_sigterm() {
    let upstream = Upstream::start(ok);
    let folder = tempfile::tempdir().unwrap();
    write_key(&folder.path().join("partner"), KEY);
    write_key(&folder.path().join("other"), KEY);
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut json = settings(&upstream.address.to_string(), folder.path());
    json["listen"]["port"] = port.port().into();
    let file = folder.path().join("gateway.yml");
    std::fs::write(&file, json.to_string()).unwrap();
    let healthy = || {
        let checked = gateway(folder.path())
            .arg("healthcheck")
            .arg("--config")
            .arg(&file)
            .output();
        checked.unwrap().status.success()
    };
    assert!(!healthy());
    let mut serving = gateway(folder.path())
        .arg("serve")
        .arg("--config")
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("it is healthy", healthy);
    assert_eq!(Client::connect(port).get("/open").status, 200);
    let told = Command::new("kill")
        .arg(serving.id().to_string())
        .status()
        .unwrap();
    assert!(told.success() && serving.wait().unwrap().success());
    let mut log = String::new();
    std::io::Read::read_to_string(&mut serving.stdout.take().unwrap(), &mut log).unwrap();
    assert!(
        log.contains("\"route\":\"/open\"") && log.contains("\"msg\":\"stopped\""),
        "{log}"
    );
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("every line is JSON");
    }
}

#[test]
fn sighup_reads_the_settings_again() {
    let upstream = Upstream::start(ok);
    let folder = tempfile::tempdir().unwrap();
    write_key(&folder.path().join("partner"), KEY);
    write_key(&folder.path().join("other"), KEY);
    let held = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let [port, admin] = held.each_ref().map(|it| it.local_addr().unwrap());
    drop(held);
    let mut json = settings(&upstream.address.to_string(), folder.path());
    json["listen"]["port"] = port.port().into();
    json["admin"]["port"] = admin.port().into();
    let file = folder.path().join("gateway.yml");
    std::fs::write(&file, json.to_string()).unwrap();
    let mut serving = gateway(folder.path())
        .arg("serve")
        .arg("--config")
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("it serves", || std::net::TcpStream::connect(admin).is_ok());
    let tell = |signal: &str| {
        let told = Command::new("kill")
            .args([signal, &serving.id().to_string()])
            .status();
        assert!(told.unwrap().success());
    };
    // Nothing in the files changed: only the signal is a reason to read them.
    eventually("it watches for the signal", || {
        let told = std::fs::read_to_string(format!("/proc/{}/status", serving.id())).unwrap();
        let caught = told.lines().find_map(|line| line.strip_prefix("SigCgt:\t"));
        u64::from_str_radix(caught.unwrap(), 16).unwrap() & 1 == 1
    });
    let settings = || Client::connect(admin).get("/settings").json();
    tell("-HUP");
    eventually("they are read again", || settings()["generation"] == 2);
    std::fs::write(&file, "{ this is not").unwrap();
    tell("-HUP");
    eventually("they are refused", || !settings()["rejected"].is_null());
    assert_eq!(Client::connect(port).get("/open").status, 200);
    tell("-TERM");
    let mut log = String::new();
    std::io::Read::read_to_string(&mut serving.stdout.take().unwrap(), &mut log).unwrap();
    assert!(serving.wait().unwrap().success());
    assert!(log.contains("cannot be used; the old ones stay"), "{log}");
}
