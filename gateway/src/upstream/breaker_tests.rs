//! The breaker under a clock that the tests hold.

use super::*;
use proptest::prelude::*;
use std::sync::atomic::AtomicUsize;

fn breaker() -> Breaker {
    Breaker::new(&BreakerSettings::default())
}

fn tell(breaker: &Breaker, verdict: Verdict, now_ms: u64) -> Option<Change> {
    breaker.admit(now_ms).unwrap().settle(verdict, now_ms)
}

/// A breaker that opened at this moment.
fn opened(now_ms: u64) -> Breaker {
    let breaker = breaker();
    for _ in 0..4 {
        assert_eq!(tell(&breaker, Verdict::Refused, now_ms), None);
    }
    assert_eq!(
        tell(&breaker, Verdict::Refused, now_ms),
        Some(Change::Opened)
    );
    breaker
}

#[test]
fn it_opens_at_half_and_not_before_ten_calls() {
    let breaker = breaker();
    for call in 0..9 {
        assert_eq!(tell(&breaker, Verdict::Bad, 1_000 + call), None);
    }
    assert_eq!(
        tell(&breaker, Verdict::Bad, 1_100),
        Some(Change::Opened),
        "the tenth"
    );

    let breaker = self::breaker();
    for _ in 0..11 {
        tell(&breaker, Verdict::Good, 1_000);
    }
    for _ in 0..10 {
        assert_eq!(tell(&breaker, Verdict::Bad, 1_000), None, "less than half");
    }
    assert_eq!(tell(&breaker, Verdict::Bad, 1_000), Some(Change::Opened));
}

#[test]
fn failures_older_than_ten_seconds_do_not_count() {
    let breaker = breaker();
    for _ in 0..9 {
        tell(&breaker, Verdict::Bad, 1_000);
    }
    assert_eq!(tell(&breaker, Verdict::Bad, 11_000), None);
    assert_eq!(breaker.state(11_000), State::Closed);
}

#[test]
fn an_answer_between_refusals_breaks_their_row() {
    let breaker = breaker();
    for verdict in [Verdict::Refused; 4]
        .into_iter()
        .chain([Verdict::Good])
        .chain([Verdict::Refused; 4])
    {
        assert_eq!(tell(&breaker, verdict, 1_000), None);
    }
    assert_eq!(breaker.state(11_000), State::Closed);
}

#[test]
fn it_says_how_long_it_stays_open_ten_percent_more_or_less() {
    let breaker = opened(1_000);
    let wait_ms = breaker.admit(1_000).unwrap_err();
    assert!((27_000..=33_000).contains(&wait_ms), "{wait_ms}");
    assert!(breaker.admit(27_900).is_err());
    assert!(breaker.admit(34_000).is_ok());
}

#[test]
fn one_of_a_hundred_callers_is_the_probe() {
    let breaker = opened(1_000);
    let let_through = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                if let Ok(permit) = breaker.admit(40_000) {
                    let_through.fetch_add(1, Ordering::SeqCst);
                    // Out for the rest of the test.
                    std::mem::forget(permit);
                }
            });
        }
    });
    assert_eq!(let_through.load(Ordering::SeqCst), 1);
    assert_eq!(breaker.state(40_000), State::Probing);
}

#[test]
fn a_probe_that_is_given_up_is_followed_by_another() {
    let breaker = opened(1_000);
    drop(breaker.admit(40_000).unwrap());
    let probe = breaker.admit(40_000).unwrap();
    assert!(breaker.admit(40_000).is_err());
    assert_eq!(probe.settle(Verdict::Good, 40_000), Some(Change::Closed));
    assert_eq!(breaker.state(11_000), State::Closed);
    assert_eq!(breaker.calls(40_000), 0, "it begins anew");
}

#[test]
fn a_failed_probe_opens_it_again() {
    let breaker = opened(1_000);
    let probe = breaker.admit(40_000).unwrap();
    assert_eq!(probe.settle(Verdict::Bad, 40_000), Some(Change::Opened));
    assert!(breaker.admit(66_000).is_err());
    assert!(breaker.admit(73_001).is_ok());
}

#[test]
fn an_answer_from_before_the_trip_changes_nothing() {
    let breaker = breaker();
    let late: Vec<Permit<'_>> = (0..20).map(|_| breaker.admit(1_000).unwrap()).collect();
    for _ in 0..5 {
        tell(&breaker, Verdict::Refused, 1_000);
    }
    for (index, permit) in late.into_iter().enumerate() {
        let verdict = if index % 2 == 0 {
            Verdict::Good
        } else {
            Verdict::Bad
        };
        assert_eq!(permit.settle(verdict, 2_000), None);
    }
    assert_eq!(breaker.state(2_000), State::Open);

    let probe = breaker.admit(40_000).unwrap();
    assert_eq!(probe.settle(Verdict::Good, 40_000), Some(Change::Closed));
    assert_eq!(breaker.calls(40_000), 0);
}

#[test]
fn a_thousand_failures_at_once_open_it_once() {
    let breaker = breaker();
    let permits: Vec<Permit<'_>> = (0..1_000).map(|_| breaker.admit(1_000).unwrap()).collect();
    let opened = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let mut permits = permits.into_iter();
        for _ in 0..8 {
            let share: Vec<Permit<'_>> = permits.by_ref().take(125).collect();
            let opened = &opened;
            scope.spawn(move || {
                for permit in share {
                    if permit.settle(Verdict::Bad, 1_000).is_some() {
                        opened.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert_eq!(opened.load(Ordering::SeqCst), 1);
}

#[test]
fn one_that_is_switched_off_never_opens_and_still_counts() {
    let breaker = Breaker::new(&BreakerSettings {
        enabled: false,
        ..BreakerSettings::default()
    });
    for _ in 0..100 {
        assert_eq!(tell(&breaker, Verdict::Refused, 1_000), None);
    }
    assert_eq!(breaker.calls(1_000), 100);
}

#[test]
fn one_that_opened_for_want_of_connections_tries_again_when_there_are_some() {
    let breaker = opened(1_000);
    assert!(breaker.waits_for_connections(2_000));
    breaker.hasten(2_000);
    assert_eq!(breaker.state(2_000), State::Probing);
    let probe = breaker.admit(2_000).unwrap();
    assert_eq!(probe.settle(Verdict::Bad, 2_000), Some(Change::Opened));
    breaker.hasten(3_000);
    assert_eq!(breaker.state(3_000), State::Open, "now for another reason");
}

/// The rules of docs/adr/0010, written down plainly.
#[derive(Default)]
struct Model {
    results: Vec<(u64, bool)>,
    refusals: u32,
    open_until_ms: Option<u64>,
}

impl Model {
    fn tell(&mut self, verdict: Verdict, now_ms: u64) -> bool {
        let good = verdict == Verdict::Good;
        self.results.push((now_ms / 1_000, good));
        self.refusals = match verdict {
            Verdict::Refused => self.refusals + 1,
            _ => 0,
        };
        let oldest = (now_ms / 1_000).saturating_sub(9);
        let recent = self.results.iter().filter(|(second, _)| *second >= oldest);
        let all = recent.clone().count();
        let bad = recent.filter(|(_, good)| !good).count();
        !good && (self.refusals >= 5 || (all >= 10 && bad * 2 >= all))
    }
}

proptest! {
    #[test]
    fn it_does_what_the_rules_say(
        steps in prop::collection::vec((0_u64..20_000, 0_u8..5), 1..300),
    ) {
        let breaker = breaker();
        let mut model = Model::default();
        let mut now_ms = 1;
        for (pause_ms, what) in steps {
            // Mostly short pauses, so that windows fill.
            now_ms += if pause_ms < 18_000 { pause_ms / 100 } else { pause_ms };
            let verdict = match what {
                0 | 1 => Verdict::Good,
                2 | 3 => Verdict::Bad,
                _ => Verdict::Refused,
            };
            let permit = breaker.admit(now_ms);
            match model.open_until_ms {
                Some(until) if now_ms < until => {
                    prop_assert_eq!(permit.unwrap_err(), until - now_ms);
                    continue;
                }
                Some(_) if verdict == Verdict::Good => {
                    prop_assert_eq!(permit.unwrap().settle(verdict, now_ms), Some(Change::Closed));
                    model = Model::default();
                    continue;
                }
                Some(_) => {
                    prop_assert_eq!(permit.unwrap().settle(verdict, now_ms), Some(Change::Opened));
                }
                None => {
                    let change = permit.unwrap().settle(verdict, now_ms);
                    let opens = model.tell(verdict, now_ms);
                    prop_assert_eq!(change, opens.then_some(Change::Opened));
                    if !opens {
                        continue;
                    }
                }
            }
            let wait_ms = breaker.admit(now_ms).unwrap_err();
            prop_assert!((27_000..=33_000).contains(&wait_ms));
            model.open_until_ms = Some(now_ms + wait_ms);
        }
    }
}
