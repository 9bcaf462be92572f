//! What may go wrong: crashes, a killed supervisor, taken ports, failing starts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]

mod house;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use house::{House, alive, kill, text, until};

#[test]
fn a_crashed_service_and_killed_stores_start_again() {
    let house = House::furnished();
    house.up();
    let before = house.pids();
    let mut gateway = TcpStream::connect(("127.0.0.1", house.preferred(18080))).unwrap();
    gateway.write_all(b"GET /crash HTTP/1.1\r\n\r\n").unwrap();
    let _ = gateway.read_to_end(&mut Vec::new());
    kill("-KILL", before["postgres-vehicles"]);
    kill("-KILL", before["redis-app"]);
    for name in ["gateway", "postgres-vehicles", "redis-app"] {
        until(&format!("{name} has another pid"), || {
            house
                .pids()
                .get(name)
                .is_some_and(|pid| *pid != before[name])
        });
    }
    until("everything is healthy again", || house.status_code() == 0);
    until("the log says so", || {
        let log = house.log("supervisor");
        log.contains("gateway ended (exit status: 9); starting again in")
            && log.contains("postgres-vehicles runs again")
            && log.contains("redis-app runs again")
    });
    assert_eq!(
        house.pids()["vehicles-platform"],
        before["vehicles-platform"]
    );
    assert!(
        house
            .ok(&["psql", "vehicles", "-Atc", "SELECT 42"])
            .contains("42")
    );
}

#[test]
fn a_service_that_keeps_crashing_is_started_ever_more_rarely() {
    let house = House::furnished();
    house.up();
    house.tell("gateway.serve.fails");
    kill("-KILL", house.pids()["gateway"]);
    until("it was started four times", || {
        house
            .calls()
            .iter()
            .filter(|call| *call == "gateway serve")
            .count()
            >= 4
    });
    let waits: Vec<f64> = house
        .log("supervisor")
        .lines()
        .filter_map(|line| {
            line.split_once("gateway ended (")?
                .1
                .split_once("again in ")
        })
        .map(|(_, wait)| wait.trim_end_matches(" s").parse().unwrap())
        .collect();
    // Each wait lies between the half and the whole of 0.4, 0.8, 1.6 s.
    for (place, whole) in [0.4, 0.8, 1.6].into_iter().enumerate() {
        assert!(
            waits[place] >= whole / 2.0 && waits[place] <= whole,
            "{waits:?}"
        );
    }
    assert_eq!(
        house.status()["services"]["gateway"]["health"],
        "unavailable"
    );
    assert_eq!(house.status_code(), 1);
    house.untell("gateway.serve.fails");
    until("it recovers", || house.status_code() == 0);
}

#[test]
fn what_a_killed_supervisor_leaves_is_stopped_by_the_next_up_and_by_down() {
    let house = House::furnished();
    house.up();
    for command in [&["up", "--detach"][..], &["down"]] {
        let before = house.pids();
        let supervisor = house.supervisor();
        kill("-KILL", supervisor);
        until("the supervisor is gone", || !alive(supervisor));
        // The kernel ends the services; the stores go on until somebody sweeps up.
        until("the services have gone with it", || {
            !alive(before["gateway"])
        });
        assert!(alive(before["postgres-app"]));
        assert_eq!(house.status_code(), 1);
        assert!(
            house
                .ok_or_not(&["doctor"])
                .contains("run without a supervisor")
        );
        let told = house.ok(command);
        assert!(
            told.contains("left over from a supervisor that was killed: postgres-app"),
            "{told}"
        );
        assert!(before.values().all(|pid| !alive(*pid)));
    }
    assert_eq!(house.status_code(), 3);
}

#[test]
fn damaged_notes_cost_neither_data_nor_order() {
    let house = House::furnished();
    house.up();
    house.ok(&[
        "psql",
        "app",
        "-c",
        "CREATE TABLE public.kept AS SELECT 42 AS answer",
    ]);
    let damage = |name: &str| std::fs::write(house.data().join(name), "{\"na").unwrap();
    // While it runs: what was lost is written again.
    for name in ["state.json", "run/gateway.json", "run/redis-app.json"] {
        damage(name);
    }
    let before = house.ok_or_not(&["status"]);
    assert!(before.contains("is damaged"), "{before}");
    until("all is known again", || house.status_code() == 0);
    let pids = house.pids();
    assert_eq!(pids.len(), 13);
    // At the moment of stopping: all of it stops.
    damage("state.json");
    damage("run/gateway.json");
    damage("run/postgres-app.json");
    house.ok(&["down"]);
    assert!(pids.values().all(|pid| !alive(*pid)));
    assert_eq!(house.status_code(), 3);
    // With nobody left who knows: the stores are found by their own pid files.
    house.up();
    let pids = house.pids();
    kill("-KILL", house.supervisor());
    until("the services have gone", || !alive(pids["gateway"]));
    for name in ["state.json", "run/redis-app.json", "run/postgres-app.json"] {
        damage(name);
    }
    assert_eq!(house.status_code(), 1);
    house.up();
    assert!(pids.values().all(|pid| !alive(*pid)));
    let kept = house.ok(&["psql", "app", "-Atc", "SELECT answer FROM public.kept"]);
    assert!(kept.contains("42"), "{kept}");
}

#[test]
fn a_record_whose_pid_now_belongs_to_another_is_left_alone() {
    let house = House::furnished();
    house.up();
    house.ok(&["down"]);
    let mut bystander = std::process::Command::new("sleep")
        .arg("600")
        .spawn()
        .unwrap();
    let record = serde_json::json!({
        "name": "gateway", "kind": "service", "order": 101,
        "identity": {"pid": bystander.id(), "started": "an earlier process"}
    });
    std::fs::write(house.data().join("run/gateway.json"), record.to_string()).unwrap();
    assert_eq!(house.status_code(), 3);
    house.ok(&["down"]);
    house.up();
    assert!(alive(u64::from(bystander.id())));
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[test]
fn a_taken_port_moves_to_the_next_free_one_says_so_and_stays() {
    let house = House::furnished();
    let postgres = TcpListener::bind(("127.0.0.1", house.preferred(15433))).unwrap();
    let gateway_port = TcpListener::bind(("0.0.0.0", house.preferred(18080))).unwrap();
    let told = house.up();
    // 15434 is another cluster's, 18081 the gateway's own.
    let (vehicles, gateway) = (house.preferred(15435), house.preferred(18082));
    let said = format!(
        "port {} is taken: postgres-vehicles moves to {vehicles}",
        house.preferred(15433)
    );
    assert!(told.contains(&said), "{told}");
    assert!(
        told.contains(&format!("http://127.0.0.1:{gateway}/platform/vehicles")),
        "{told}"
    );
    assert_eq!(house.status()["postgres"]["vehicles"]["port"], vehicles);
    house.ok(&["down"]);
    drop((postgres, gateway_port));
    house.up();
    assert_eq!(house.status()["postgres"]["vehicles"]["port"], vehicles);
}

#[test]
fn a_port_that_is_taken_while_the_data_loads_moves_too() {
    let house = House::furnished();
    house.tell("load.waits");
    let up = house
        .command(&["up", "--detach"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    until("the data loads", || {
        house.calls().iter().any(|call| call.contains("etl load"))
    });
    let taken = [18000, 18080].map(|port| {
        let port = house.preferred(port);
        TcpListener::bind(("127.0.0.1", port)).unwrap()
    });
    house.untell("load.waits");
    let output = up.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let status = house.status();
    for (service, port) in [("vehicles-platform", 18003), ("gateway", 18082)] {
        let url = format!("http://127.0.0.1:{}", house.preferred(port));
        assert_eq!(status["services"][service]["url"], url);
        assert_eq!(status["services"][service]["health"], "ok");
    }
    let upstream = house.ok(&["run", "gateway", "environment"]);
    assert!(
        upstream.contains(&house.preferred(18003).to_string()),
        "{upstream}"
    );
    drop(taken);
}

#[test]
fn a_failing_start_names_the_child_quotes_its_log_and_stops_the_rest() {
    let house = House::furnished();
    for (misbehaviour, child) in [
        (
            "vehicles-platform.migrate.fails",
            "vehicles-platform-migrate",
        ),
        ("vehicles-platform.etl.fails", "vehicles-platform-etl"),
        ("gateway.serve.fails", "gateway"),
    ] {
        house.tell(misbehaviour);
        let output = house.run(&["up", "--detach"]);
        let told = text(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(
            told.contains(child) && told.contains("the last words of"),
            "{told}"
        );
        assert!(told.contains(&format!("mvp logs {child}")), "{told}");
        assert_eq!(house.status_code(), 3);
        house.untell(misbehaviour);
    }
    house.up();
}

#[test]
fn a_start_that_cannot_even_begin_says_why() {
    let house = House::furnished();
    std::fs::create_dir(house.data().join("lock")).unwrap();
    for args in [&["up", "--detach"][..], &["up"]] {
        let output = house.run(args);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output).contains("locking"), "{}", text(&output));
    }
    assert!(house.log("supervisor").contains("locking"));
    std::fs::remove_dir(house.data().join("lock")).unwrap();
}

#[test]
fn a_service_that_is_not_built_stops_the_start_before_any_store() {
    let house = House::new();
    std::fs::remove_file(house.path().join("bin/gateway")).unwrap();
    let output = house.run(&["up", "--detach"]);
    assert!(!output.status.success());
    assert!(
        text(&output).contains("gateway is not built"),
        "{}",
        text(&output)
    );
    assert!(!house.data().join("postgres/app").exists());
}

#[test]
fn missing_secrets_beside_existing_data_are_named_by_the_doctor() {
    let house = House::furnished();
    house.up();
    house.ok(&["down"]);
    assert!(house.ok(&["doctor"]).contains("ok    ports"));
    std::fs::remove_file(house.path().join("secrets/postgres-app-superuser-password")).unwrap();
    let output = house.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("put them back"), "{}", text(&output));
}

#[test]
fn secrets_that_others_can_read_are_closed_by_the_next_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::furnished();
    let path = house.path().join("secrets/postgres-app-owner-password");
    let value = std::fs::read_to_string(&path).unwrap();
    house::set_mode(&path, 0o644);
    assert!(
        house
            .ok_or_not(&["doctor"])
            .contains("others may read postgres-app-owner-password")
    );
    let told = house.ok(&["up", "--detach", "--stores-only"]);
    assert!(
        told.contains("others could read postgres-app-owner-password"),
        "{told}"
    );
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), value);
}

#[test]
fn logs_of_all_carry_their_name_and_follow_what_comes() {
    use std::io::{BufRead as _, BufReader};
    let house = House::furnished();
    house.up();
    let all = house.ok(&["logs"]);
    assert!(
        all.lines()
            .any(|l| l.starts_with("postgres-app ") && l.contains("ready to accept"))
    );
    assert!(all.lines().any(|l| l.starts_with("supervisor ")), "{all}");
    assert!(text(&house.run(&["logs", "nobody"])).contains("there is no log of nobody"));
    let mut follow = house
        .command(&["logs", "postgres-app", "-f", "-n", "0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The first line can only arrive after following has begun; an error makes the server write it.
    let lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    let asked = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            until("the line arrives", || {
                house.run(&["psql", "app", "-c", "SELECT no_such_column"]);
                house.log("asked") == "seen"
            });
        });
        let seen = lines
            .map_while(Result::ok)
            .find(|line| line.contains("no_such_column"));
        std::fs::write(house.data().join("log/asked.log"), "seen").unwrap();
        asking.join().unwrap();
        seen
    });
    follow.kill().unwrap();
    follow.wait().unwrap();
    assert!(asked.is_some());
}
