//! Starting, finding everything as promised, stopping, starting again: with real stores.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]

mod house;

use std::os::unix::fs::PermissionsExt as _;

use house::{House, alive, text, until};

#[test]
fn everything_starts_in_order_and_stops_completely() {
    let house = House::new();
    let told = house.up();
    for expected in [
        "secrets made",
        "vPIC 100 %",
        "curl -H",
        "platform-vehicles-api-key",
        "make stop   (or `mvp down`)",
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
    let calls = house.calls();
    let place = |call: &str| calls.iter().position(|c| c.starts_with(call)).expect(call);
    let order = [
        place("vehicles-platform migrate"),
        place("vehicles-platform etl load --progress plain /"),
        place("vehicles-platform serve"),
        place("vehicles-platform ready 200"),
        place("vehicles-platform etl schedule"),
        place("tenants-platform migrate"),
        place("tenants-platform serve"),
        place("identity migrate"),
        place("identity serve"),
        place("application migrate"),
        place("application serve"),
        place("application worker"),
        place("gateway serve"),
    ];
    assert!(order.is_sorted(), "{calls:#?}");
    assert_eq!(house.status_code(), 0);
    let pids = house.pids();
    assert_eq!(pids.len(), 13);
    let supervisor = house.supervisor();

    house.ok(&["down"]);
    assert!(pids.values().chain([&supervisor]).all(|pid| !alive(*pid)));
    assert_eq!(house.status_code(), 3);
    assert!(house.pids().is_empty());
}

#[test]
fn status_json_has_the_promised_shape() {
    let house = House::furnished();
    let stopped = house.status();
    assert_eq!(
        stopped["services"]["vehicles-platform"]["health"],
        "stopped"
    );
    house.up();
    let status = house.status();
    let keys: Vec<&String> = status.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 5, "{keys:?}");
    let gateway = format!("http://127.0.0.1:{}", house.preferred(18080));
    assert_eq!(status["gateway"], serde_json::json!({ "url": gateway }));
    let vehicles = &status["services"]["vehicles-platform"];
    assert_eq!(vehicles["health"], "ok");
    assert!(alive(vehicles["pid"].as_u64().unwrap()));
    assert_eq!(
        status["postgres"]["vehicles"],
        serde_json::json!({"port": house.preferred(15433), "database": "mvp-platform-vehicles"})
    );
    assert_eq!(
        status["redis"]["tenants"],
        serde_json::json!({"port": house.preferred(16381)})
    );
    let key = status["secrets"]["platform-vehicles-api-key"]
        .as_str()
        .unwrap();
    let metadata = std::fs::metadata(key).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_first_admins_password_is_shown_once_and_written_nowhere() {
    let house = House::furnished();
    let told = house.up();
    assert!(told.contains("password  once-only"), "{told}");
    assert!(!house.up().contains("once-only"));
    for log in std::fs::read_dir(house.data().join("log")).unwrap() {
        let text = std::fs::read_to_string(log.unwrap().path()).unwrap_or_default();
        assert!(!text.contains("once-only"), "{text}");
    }
}

#[test]
fn up_twice_changes_nothing_and_data_outlives_a_restart() {
    let house = House::furnished();
    house.up();
    let before = (house.supervisor(), house.pids());
    let told = house.up();
    assert!(
        told.contains("already running") && told.contains("curl -H"),
        "{told}"
    );
    assert_eq!((house.supervisor(), house.pids()), before);

    let make = "CREATE TABLE public.kept AS SELECT 42 AS answer";
    house.ok(&["psql", "app", "-c", make]);
    house.ok(&["redis-cli", "app", "set", "kept", "42"]);
    house.ok(&["down"]);
    let start = std::time::Instant::now();
    house.up();
    let loads = house
        .calls()
        .iter()
        .filter(|call| call.contains("etl load"))
        .count();
    assert_eq!(loads, 1, "a live release is not loaded again");
    assert!(
        start.elapsed().as_secs() < 10,
        "the second start took {:?}",
        start.elapsed()
    );
    assert!(
        house
            .ok(&["psql", "app", "-Atc", "SELECT answer FROM public.kept"])
            .contains("42")
    );
    assert!(
        house
            .ok(&["redis-cli", "app", "get", "kept"])
            .contains("42")
    );
}

#[test]
fn two_starts_at_once_make_one_supervisor() {
    let house = House::new();
    let mut first = house.command(&["up", "--detach"]).spawn().unwrap();
    let mut second = house.command(&["up", "--detach"]).spawn().unwrap();
    assert!(first.wait().unwrap().success());
    assert!(second.wait().unwrap().success());
    assert_eq!(
        house
            .calls()
            .iter()
            .filter(|call| call.starts_with("gateway serve"))
            .count(),
        1
    );
}

#[test]
fn ctrl_c_stops_a_start_in_the_foreground_in_order() {
    let house = House::furnished();
    for signal in ["-INT", "-TERM"] {
        let mut up = house
            .command(&["up"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        until("it is up", || {
            house.data().join("state.json").exists() && house.status_code() == 0
        });
        let pids = house.pids();
        house::kill(signal, u64::from(up.id()));
        assert!(up.wait().unwrap().success());
        assert!(pids.values().all(|pid| !alive(*pid)));
        let log = house.log("supervisor");
        let place = |name: &str| log.rfind(&format!("{name} stopped in")).expect(name);
        assert!(place("gateway") < place("vehicles-platform"));
        assert!(place("vehicles-platform") < place("redis-vehicles"));
        assert!(place("redis-vehicles") < place("postgres-vehicles"));
        assert!(!log.contains("starting again"), "{log}");
    }
}

#[test]
fn a_start_interrupted_half_way_leaves_nothing_running() {
    let house = House::furnished();
    house.tell("vehicles-platform.not-ready");
    let mut up = house.command(&["up", "--detach"]).spawn().unwrap();
    until("the first service waits at its gate", || {
        house
            .calls()
            .iter()
            .any(|call| call == "vehicles-platform ready 503")
    });
    let pids = house.pids();
    house::kill("-INT", u64::from(up.id()));
    assert_eq!(up.wait().unwrap().code(), Some(130));
    assert!(pids.values().all(|pid| !alive(*pid)));
    assert!(!house.calls().iter().any(|call| call.starts_with("gateway")));
}

#[test]
fn reset_deletes_the_data_but_asks_first_and_keeps_the_secrets() {
    let house = House::furnished();
    house.up();
    let key = house.secret("platform-vehicles-api-key");
    let refused = house.run(&["reset"]);
    assert!(!refused.status.success() && text(&refused).contains("--yes"));
    assert_eq!(house.status_code(), 0);
    house.ok(&["reset", "--yes"]);
    assert_eq!(house.status_code(), 3);
    assert!(!house.data().join("postgres").exists());
    assert_eq!(house.secret("platform-vehicles-api-key"), key);
}

#[test]
fn a_service_is_run_by_hand_with_the_settings_it_has() {
    let house = House::furnished();
    let refused = house.run(&["run", "vehicles-platform", "environment"]);
    assert!(text(&refused).contains("mvp up"));
    house.up();
    let told = house.ok(&["run", "vehicles-platform", "environment"]);
    let port = format!(
        "MVP_VEHICLES_PLATFORM__DATABASE__PORT={}",
        house.preferred(15433)
    );
    for expected in [
        port.as_str(),
        "MVP_VEHICLES_PLATFORM__DATABASE__USER=vehicles_api",
        "MVP_VEHICLES_PLATFORM__MIGRATIONS__USER=vehicles_owner",
        "/secrets/platform-vehicles-api-key",
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
    house.ok(&["migrate"]);
    let migrations = house
        .calls()
        .iter()
        .filter(|c| *c == "vehicles-platform migrate")
        .count();
    assert_eq!(migrations, 2);
}
