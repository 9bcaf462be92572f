//! The breaker under a clock that the tests hold.

use super::*;
use proptest::prelude::*;
use std::sync::atomic::AtomicUsize;
use tokio::time::advance;

fn breaker() -> Arc<Breaker> {
    Breaker::new("vehicles", "lists", &BreakerSettings::default())
}

fn tell(breaker: &Arc<Breaker>, verdict: Verdict) {
    breaker.admit().unwrap().settle(verdict);
}

fn opened() -> Arc<Breaker> {
    let breaker = breaker();
    for _ in 0..4 {
        tell(&breaker, Verdict::Refused);
        assert_eq!(breaker.state(), State::Closed);
    }
    tell(&breaker, Verdict::Refused);
    assert_eq!(breaker.state(), State::Open);
    breaker
}

const LONGER_THAN_OPEN: Duration = Duration::from_millis(33_001);

#[tokio::test(start_paused = true)]
async fn it_opens_at_half_and_not_before_ten_calls() {
    let all_bad = breaker();
    for _ in 0..9 {
        tell(&all_bad, Verdict::Bad);
    }
    assert_eq!(all_bad.state(), State::Closed, "nine say nothing");
    tell(&all_bad, Verdict::Bad);
    assert_eq!(all_bad.state(), State::Open, "the tenth");

    let half_bad = breaker();
    for _ in 0..11 {
        tell(&half_bad, Verdict::Good);
    }
    for _ in 0..10 {
        tell(&half_bad, Verdict::Bad);
        assert_eq!(half_bad.state(), State::Closed, "less than half");
    }
    tell(&half_bad, Verdict::Bad);
    assert_eq!(half_bad.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn failures_older_than_ten_seconds_do_not_count() {
    let breaker = breaker();
    for _ in 0..9 {
        tell(&breaker, Verdict::Bad);
    }
    advance(Duration::from_secs(10)).await;
    tell(&breaker, Verdict::Bad);
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_answer_between_refusals_breaks_their_row() {
    let breaker = breaker();
    let row = [Verdict::Refused; 4];
    for verdict in row.into_iter().chain([Verdict::Bad]).chain(row) {
        tell(&breaker, verdict);
    }
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn it_stays_open_for_thirty_seconds_ten_percent_more_or_less() {
    for _ in 0..50 {
        let breaker = opened();
        let left = breaker.admit().unwrap_err();
        let expected = Duration::from_secs(27)..=Duration::from_secs(33);
        assert!(expected.contains(&left), "{left:?}");
        advance(Duration::from_millis(26_999)).await;
        assert!(breaker.admit().is_err());
        advance(Duration::from_millis(6_001)).await;
        assert_eq!(breaker.state(), State::HalfOpen);
        assert!(breaker.admit().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_a_hundred_callers_is_the_probe() {
    let breaker = opened();
    advance(LONGER_THAN_OPEN).await;
    let permits: Vec<_> = (0..100).map(|_| breaker.admit()).collect();
    assert_eq!(permits.iter().filter(|permit| permit.is_ok()).count(), 1);
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_given_up_is_followed_by_another() {
    let breaker = opened();
    advance(LONGER_THAN_OPEN).await;
    drop(breaker.admit().unwrap());
    let probe = breaker.admit().unwrap();
    assert!(breaker.admit().is_err(), "one at a time");
    probe.settle(Verdict::Good);
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_failed_probe_opens_it_again_for_as_long() {
    let breaker = opened();
    advance(LONGER_THAN_OPEN).await;
    breaker.admit().unwrap().settle(Verdict::Bad);
    assert_eq!(breaker.state(), State::Open);
    assert!(breaker.admit().unwrap_err() >= Duration::from_secs(27));
    assert_eq!(breaker.times_opened(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_result_from_before_a_change_changes_nothing() {
    let breaker = breaker();
    let mut late: Vec<_> = (0..30).map(|_| breaker.admit().unwrap()).collect();
    for _ in 0..5 {
        tell(&breaker, Verdict::Refused);
    }
    for permit in late.drain(..10) {
        permit.settle(Verdict::Good);
    }
    assert_eq!(breaker.state(), State::Open, "late success");
    advance(LONGER_THAN_OPEN).await;
    let probe = breaker.admit().unwrap();
    for permit in late.drain(..10) {
        permit.settle(Verdict::Good);
    }
    assert_eq!(breaker.state(), State::HalfOpen, "the probe decides");
    assert!(breaker.admit().is_err(), "and is still out");
    probe.settle(Verdict::Good);
    for permit in late {
        permit.settle(Verdict::Bad);
    }
    assert_eq!(breaker.state(), State::Closed, "late failures");
}

#[test]
fn a_thousand_failures_at_once_open_it_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let _inside = runtime.as_ref().unwrap().enter();
    let breaker = breaker();
    let permits: Vec<_> = (0..1_000).map(|_| breaker.admit().unwrap()).collect();
    let settled = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let mut permits = permits.into_iter();
        for _ in 0..8 {
            let share: Vec<_> = permits.by_ref().take(125).collect();
            let settled = &settled;
            scope.spawn(move || {
                for permit in share {
                    permit.settle(Verdict::Bad);
                    settled.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(settled.load(Ordering::SeqCst), 1_000);
    assert_eq!(breaker.times_opened(), 1);
    assert_eq!(breaker.state(), State::Open);
}

/// The wall clock of a machine cannot be stepped by its tests; that nothing here reads it is as good.
#[test]
fn no_step_of_the_wall_clock_reaches_it() {
    for source in [
        include_str!("breaker.rs"),
        include_str!("failure_policy.rs"),
        include_str!("window.rs"),
    ] {
        assert!(!source.contains("SystemTime") && !source.contains("UNIX_EPOCH"));
    }
}

/// The rules, written down plainly.
#[derive(Default)]
struct Model {
    results: Vec<(u64, bool)>,
    refusals: u32,
    opened_at_ms: Option<u64>,
}

impl Model {
    /// A call that was let through while closed; whether it opens.
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

async fn follow(steps: Vec<(u64, Verdict)>) -> Result<(), TestCaseError> {
    let breaker = breaker();
    let (mut model, mut now_ms) = (Model::default(), 0);
    for (pause_ms, verdict) in steps {
        advance(Duration::from_millis(pause_ms)).await;
        now_ms += pause_ms;
        let Some(opened_at_ms) = model.opened_at_ms else {
            breaker.admit().unwrap().settle(verdict);
            if model.tell(verdict, now_ms) {
                prop_assert_eq!(breaker.state(), State::Open);
                model.opened_at_ms = Some(now_ms);
            } else {
                prop_assert_eq!(breaker.state(), State::Closed);
            }
            continue;
        };
        let open_ms = now_ms - opened_at_ms;
        match breaker.admit() {
            Err(_) => prop_assert!(open_ms < 33_000, "open for {open_ms} ms"),
            Ok(probe) => {
                prop_assert!(open_ms >= 27_000, "open for {open_ms} ms");
                prop_assert!(breaker.admit().is_err());
                probe.settle(verdict);
                if verdict == Verdict::Good {
                    model = Model::default();
                    model.tell(verdict, now_ms);
                    prop_assert_eq!(breaker.state(), State::Closed);
                } else {
                    model.opened_at_ms = Some(now_ms);
                    prop_assert_eq!(breaker.state(), State::Open);
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn it_does_what_the_rules_say(
        steps in prop::collection::vec((0_u64..20_000, 0_u8..5), 1..300),
    ) {
        let steps = steps.into_iter().map(|(pause_ms, what)| {
            // Mostly short pauses, so that windows fill.
            let pause_ms = if pause_ms < 18_000 { pause_ms / 100 } else { pause_ms };
            let verdict = match what {
                0 | 1 => Verdict::Good,
                2 | 3 => Verdict::Bad,
                _ => Verdict::Refused,
            };
            (pause_ms, verdict)
        });
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(follow(steps.collect()))?;
    }
}
