//! An instance that answers nobody, though nothing about it fails.

use crate::door::{Door, eventually};
use crate::fleet::{Instance, Load};
use crate::instances::{address, door, metric};
use crate::upstream::{Upstream, ok};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const GET: &str = "GET /many HTTP/1.1\r\nHost: t\r\n\r\n";
const POST: &str = "POST /many HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi";

/// An upstream that keeps its answers to itself for a time; to questions about its health only if it is
/// frozen.
struct Held {
    holds: Arc<AtomicBool>,
    upstream: Upstream,
}

impl Held {
    fn start(frozen: bool) -> Self {
        let holds = Arc::new(AtomicBool::new(true));
        let waits = Arc::clone(&holds);
        let upstream = Upstream::start(move |seen, socket| {
            let is_held = frozen || !seen.line().contains("/health");
            while is_held && waits.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            ok(seen, socket)
        });
        Self { holds, upstream }
    }

    fn hold(&self) {
        self.holds.store(true, Ordering::SeqCst);
    }

    fn let_go(&self) {
        self.holds.store(false, Ordering::SeqCst);
    }

    /// How often it was asked for something else than its health.
    fn asked(&self) -> usize {
        asked(&self.upstream)
    }
}

fn asked(upstream: &Upstream) -> usize {
    let seen = upstream.seen();
    let others = seen.iter().filter(|it| !it.line().contains("/health"));
    others.count()
}

/// The first request goes to the one that is held.
fn door_of(held: &Held, well: &Upstream, change: impl FnOnce(&mut Value)) -> Door {
    door(&[address(&held.upstream), address(well)], |many| {
        many["answer_timeout_ms"] = 60_000.into();
        many["ejection"] = json!({"silence_ms": 200});
        change(many);
    })
}

fn retries(door: &Door, result: &str) -> Option<u64> {
    let labels = format!(r#"{{result="{result}",upstream="many"}}"#);
    metric(door, &format!("mvp_gateway_upstream_retries_total{labels}"))
}

fn ejections(door: &Door, held: &Held) -> Option<u64> {
    let labels = format!(r#"{{address="{}",upstream="many"}}"#, held.upstream.address);
    let name = "mvp_gateway_upstream_ejections_total";
    metric(door, &format!("{name}{labels}"))
}

#[test]
fn nobody_waits_for_the_thaw_of_a_frozen_process() {
    let fleet = [Instance::start(), Instance::start()];
    let door = door(&fleet.each_ref().map(|it| it.address.to_string()), |many| {
        many["answer_timeout_ms"] = 60_000.into();
        many["ejection"] = json!({"silence_ms": 300});
    });
    let load = Load::start(8, door.address, "/many/health/live");
    load.goes_on(300);
    fleet[0].freeze();
    load.goes_on(600);
    // The clients have less patience than the gateway, and it is frozen still.
    assert_eq!(load.failed(), Vec::<u16>::new());
    assert!(retries(&door, "sent").unwrap() > 0);
    fleet[0].thaw();
}

#[test]
fn who_waits_for_a_silent_instance_is_sent_to_another() {
    let (held, well) = (Held::start(true), Upstream::start(ok));
    let door = door_of(&held, &well, |_| {});
    assert_eq!(door.get("/many").status, 200);
    assert_eq!((held.asked(), asked(&well)), (1, 1));
    assert_eq!(retries(&door, "sent"), Some(1));
    assert_eq!(ejections(&door, &held), Some(1));
    let left = well.last().header("x-deadline-ms").unwrap();
    assert!(left.parse::<u64>().unwrap() <= 59_600, "{left}");
    held.let_go();
}

#[test]
fn a_body_is_not_sent_twice() {
    let (held, well) = (Held::start(true), Upstream::start(ok));
    let door = door_of(&held, &well, |_| {});
    let mut client = door.client();
    client.send(POST);
    eventually("it is out", || ejections(&door, &held) == Some(1));
    // Others look several times meanwhile.
    for _ in 0..20 {
        assert_eq!(door.get("/many").status, 200);
    }
    held.let_go();
    assert_eq!(client.answer().status, 200);
    assert_eq!((held.asked(), asked(&well)), (1, 20));
}

#[test]
fn an_instance_that_is_only_slow_is_waited_for() {
    let (held, well) = (Held::start(false), Upstream::start(ok));
    let door = door_of(&held, &well, |_| {});
    let mut client = door.client();
    client.send(GET);
    eventually("it is asked for its health twice", || {
        held.upstream.seen().len() >= 3
    });
    held.let_go();
    assert_eq!(client.answer().status, 200);
    assert_eq!((held.asked(), asked(&well)), (1, 0));
    assert_eq!(ejections(&door, &held), Some(0));
}

#[test]
fn without_budget_a_request_stays_where_it_is() {
    let (held, well) = (Held::start(true), Upstream::start(ok));
    let door = door_of(&held, &well, |many| {
        many["retries"] = json!({"budget_percent": 0, "budget_floor": 0});
    });
    let mut client = door.client();
    client.send(GET);
    let refused = || retries(&door, "no_budget");
    eventually("it would leave", || refused() == Some(1));
    held.let_go();
    assert_eq!(client.answer().status, 200);
    assert_eq!((held.asked(), asked(&well)), (1, 0));
    assert_eq!(refused(), Some(1), "asked once");
}

#[test]
fn what_the_probes_find_moves_those_who_wait() {
    let (held, well) = (Held::start(true), Upstream::start(ok));
    let door = door_of(&held, &well, |many| {
        many["health_check"] = json!({"interval_ms": 20, "timeout_ms": 500, "unhealthy_after": 1});
        many["ejection"] = json!({"silence_ms": 1500});
    });
    held.let_go();
    eventually("a probe finds it well", || held.upstream.seen().len() > 1);
    held.hold();
    assert_eq!(door.get("/many").status, 200);
    assert_eq!((held.asked(), asked(&well)), (1, 1));
    assert_eq!(ejections(&door, &held), Some(0), "nobody had to ask again");
    held.let_go();
}
