//! The schedule on a clock that jumps, loading for real from a server that misbehaves on command.

use super::super::validate::Report;
use super::*;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use test_kit::Database;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Jumps to where it is told to sleep, and stops the test's schedule when it has jumped often enough.
struct JumpingClock {
    now: Cell<Timestamp>,
    jumps: RefCell<Vec<Timestamp>>,
    limit: usize,
}

impl Clock for &JumpingClock {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    async fn sleep_until(&self, due: Timestamp) {
        if self.jumps.borrow().len() == self.limit {
            std::future::pending::<()>().await;
        }
        self.now.set(due);
        self.jumps.borrow_mut().push(due);
    }
}

/// Monday.
fn clock(limit: usize) -> JumpingClock {
    JumpingClock {
        now: Cell::new("2026-10-05T12:00:00Z".parse().unwrap()),
        jumps: RefCell::default(),
        limit,
    }
}

fn settings(source: &str) -> EtlSettings {
    EtlSettings {
        source: source.to_owned(),
        timezone: "America/New_York".to_owned(),
        // The role of a test's own database has another name.
        reader_role: None,
        catch_up: false,
        ..EtlSettings::default()
    }
}

/// A journal in memory: when the source was last looked at, and what was written down since.
#[derive(Default)]
struct Notes {
    looked_at: Option<Timestamp>,
    recorded: RefCell<Vec<RunResult>>,
}

impl Record for Notes {
    async fn looked_since(&self, since: Timestamp) -> Result<bool, EtlError> {
        Ok(self.looked_at.is_some_and(|at| at >= since))
    }

    async fn record(&self, result: RunResult) -> Result<(), EtlError> {
        self.recorded.borrow_mut().push(result);
        Ok(())
    }
}

fn schedule<'a>(
    clock: &'a JumpingClock,
    settings: &EtlSettings,
) -> Schedule<&'a JumpingClock, Notes> {
    Schedule {
        plan: Plan::new(settings).unwrap(),
        clock,
        metrics: Metrics::register(),
        journal: Notes::default(),
        halt: CancellationToken::new(),
    }
}

/// Runs until the clock has jumped as often as it may.
async fn run_out<L>(schedule: &Schedule<&JumpingClock, Notes>, load: L)
where
    L: AsyncFnMut(SourceAddress, Date) -> Result<Outcome, EtlError>,
{
    let jumped_out = async {
        while schedule.clock.jumps.borrow().len() < schedule.clock.limit {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = schedule.run(load) => {}
        () = jumped_out => {}
    }
}

fn not_published() -> EtlError {
    SourceError::NotPublished("it".to_owned()).into()
}

fn seconds_between(jumps: &[Timestamp]) -> Vec<i64> {
    jumps
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]).as_secs())
        .collect()
}

#[tokio::test]
async fn it_loads_on_sunday_at_two_in_the_time_zone_that_is_set_with_the_months_address() {
    let clock = clock(3);
    let settings = settings("/releases/{year}_{month:02}_{month}.zip");
    let asked = RefCell::new(Vec::new());
    run_out(
        &schedule(&clock, &settings),
        async |source: SourceAddress, _day| {
            asked.borrow_mut().push(source.to_string());
            Ok(Outcome::AlreadyLoaded { id: 1, live: true })
        },
    )
    .await;
    let due: Vec<String> = clock
        .jumps
        .borrow()
        .iter()
        .map(ToString::to_string)
        .collect();
    // Two o'clock does not exist on no Sunday here; on 1 November daylight saving ends.
    assert_eq!(
        due,
        [
            "2026-10-11T06:00:00Z",
            "2026-10-18T06:00:00Z",
            "2026-10-25T06:00:00Z"
        ]
    );
    assert_eq!(asked.borrow()[0], "/releases/2026_10_10.zip");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_with_growing_waits_and_what_may_not_waits_for_the_next_week()
{
    let clock1 = clock(8);
    let failing = schedule(&clock1, &settings("x"));
    run_out(&failing, async |_, _| {
        Err(EtlError::Database(pg::DbError::Timeout).during("reading"))
    })
    .await;
    let waits = seconds_between(&clock1.jumps.borrow());
    for (wait, longest) in waits.iter().zip([60, 120, 240, 480, 960]) {
        assert!((longest / 2..=longest).contains(wait), "{waits:?}");
    }
    assert!(
        waits[5] > 3 * 86_400,
        "six attempts, then the next week: {waits:?}"
    );

    let clock2 = clock(3);
    let unfit = Report {
        release: 1,
        month: "2026-10".to_owned(),
        passed: false,
        checks: Vec::new(),
    };
    run_out(&schedule(&clock2, &settings("x")), async |_, _| {
        Err(EtlError::Invalid(Box::new(unfit.clone())))
    })
    .await;
    assert_eq!(seconds_between(&clock2.jumps.borrow()), [7 * 86_400; 2]);
}

#[tokio::test]
async fn a_release_that_is_not_published_is_asked_for_again_the_next_day() {
    let clock = clock(3);
    run_out(&schedule(&clock, &settings("x")), async |_, _| {
        Err(not_published())
    })
    .await;
    for wait in seconds_between(&clock.jumps.borrow()) {
        assert!((43_200..=86_400).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn a_sunday_that_was_missed_is_made_up_for_once_and_soon() {
    for (looked_at, loads) in [
        (None, 1),
        (Some("2026-10-04T05:59:59Z"), 1),
        (Some("2026-10-04T06:00:07Z"), 0),
    ] {
        let clock = clock(1);
        let settings = EtlSettings {
            catch_up: true,
            ..settings("x")
        };
        let mut schedule = schedule(&clock, &settings);
        schedule.journal.looked_at = looked_at.map(|text| text.parse().unwrap());
        let loaded = Cell::new(0);
        let begun = clock.now.get();
        let run = schedule.run(async |_, _| {
            loaded.set(loaded.get() + 1);
            Ok(Outcome::AlreadyLoaded { id: 1, live: true })
        });
        // The clock stands still after the one jump that comes before making up.
        let ended = tokio::time::timeout(Duration::from_millis(200), run).await;
        assert!(ended.is_err(), "it runs until it is stopped");
        assert_eq!(loaded.get(), loads, "{looked_at:?}");
        assert_eq!(schedule.journal.recorded.borrow().len(), loads);
        let waited = clock.jumps.borrow()[0].duration_since(begun).as_secs();
        assert!((0..=900).contains(&waited), "{waited}");
    }
}

#[tokio::test]
async fn what_is_stopped_is_waited_for_and_not_written_down_as_done() {
    let clock = clock(1);
    let schedule = schedule(&clock, &settings("x"));
    let run = schedule.run(async |_, _| {
        schedule.halt.cancel();
        // A load that cleans up takes its time.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(EtlError::Interrupted.during("reading"))
    });
    run.await;
    assert!(schedule.journal.recorded.borrow().is_empty());
}

#[test]
fn the_last_time_is_found_however_seldom_it_comes() {
    let now: Timestamp = "2026-10-05T12:00:00Z".parse().unwrap();
    for (expression, last) in [
        ("0 2 * * 0", Some("2026-10-04T02:00:00Z")),
        ("*/5 * * * *", Some("2026-10-05T12:00:00Z")),
        ("30 3 1 1 *", Some("2026-01-01T03:30:00Z")),
        ("0 0 29 2 *", None),
    ] {
        let settings = EtlSettings {
            schedule: expression.to_owned(),
            ..EtlSettings::default()
        };
        let found = Plan::new(&settings).unwrap().last(now);
        assert_eq!(
            found,
            last.map(|text| text.parse().unwrap()),
            "{expression}"
        );
    }
}

#[test]
fn a_cron_expression_or_a_time_zone_that_is_none_is_refused() {
    for (schedule, timezone) in [
        ("0 2 * *", "UTC"),
        ("0 25 * * 0", "UTC"),
        ("0 2 * * 0", "Mars/Base"),
    ] {
        let settings = EtlSettings {
            schedule: schedule.to_owned(),
            timezone: timezone.to_owned(),
            ..EtlSettings::default()
        };
        assert!(
            matches!(Plan::new(&settings), Err(EtlError::Settings(_))),
            "{schedule} {timezone}"
        );
    }
}

/// Answers the first request with the first answer, and so on: status, and how much of the body is sent.
async fn server(body: Vec<u8>, answers: Vec<(&'static str, usize)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/vPICList_lite_{{year}}_{{month:02}}.zst",
        listener.local_addr().unwrap()
    );
    tokio::spawn(async move {
        for (status, sent) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body.get(..sent).unwrap_or(&body)).await;
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_in_every_way_is_outlived_and_the_release_goes_live() {
    let database = Database::create().await;
    let body = include_bytes!("../../../../tests/data/mini.sql.zst").to_vec();
    let whole = body.len();
    let answers = vec![
        ("404 Not Found", 0),
        ("500 Internal Server Error", 0),
        ("200 OK", whole / 2),
        ("200 OK", whole),
    ];
    let url = server(body, answers).await;
    let etl = Etl {
        database: pg::DatabaseSettings {
            host: database.host.clone(),
            port: database.port,
            name: database.name.clone(),
            user: database.owner(),
            password_file: database.password_file.clone(),
            max_connections: 1,
            tls: pg::Tls::Disable,
            tls_ca_file: None,
        },
        settings: settings(&url),
    };
    super::super::migrate(&etl).await.unwrap();
    let clock = clock(5);
    let ended = RefCell::new(Vec::new());
    run_out(
        &schedule(&clock, &etl.settings),
        async |source: SourceAddress, today: Date| {
            let request = LoadRequest {
                source,
                as_of: None,
                today,
                force: false,
                wait: false,
                progress: ProgressFormat::None,
            };
            let outcome = super::super::load(&etl, &request, std::future::pending()).await;
            ended
                .borrow_mut()
                .push(outcome.as_ref().map_or_else(EtlError::exit_code, |_| 0));
            outcome
        },
    )
    .await;
    assert_eq!(*ended.borrow(), [10, 10, 10, 0]);
    let client = database.client().await;
    let live = super::super::data::registry::live_release(&client)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(live.month, "2026-10");
}
