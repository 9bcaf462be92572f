//! `etl schedule` as it runs: what it makes up for, what it shows, and how it stops.

use crate::harness::{Etl, mini, mini_text, whole_release};
use std::process::{Child, Command};
use test_kit::eventually_async;

struct Schedule {
    child: Child,
    port: u16,
}

impl Schedule {
    fn start(etl: &Etl, source: &str) -> Self {
        let port = test_kit::free_port();
        let settings = [
            ("SOURCE", source),
            ("CATCH_UP_DELAY_S", "0"),
            ("LISTEN__HOST", "127.0.0.1"),
            ("LISTEN__PORT", &port.to_string()),
        ];
        let mut command = etl.command(&["etl", "schedule"]);
        for (key, value) in settings {
            command.env(format!("MVP_VEHICLES_PLATFORM__ETL__{key}"), value);
        }
        let log = std::fs::File::create(etl.folder.path().join("schedule.log")).unwrap();
        let child = command.stdout(log).spawn().unwrap();
        Self { child, port }
    }

    async fn get(&self, path: &str) -> String {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        match client.get(url).send().await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    async fn shows(&self, text: &str) {
        eventually_async(text, async || self.get("/metrics").await.contains(text)).await;
    }

    /// Asks it to stop and gives its exit code.
    fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_makes_up_for_what_was_missed_and_sees_what_others_load_and_roll_back() {
    let etl = Etl::new().await;
    let schedule = Schedule::start(&etl, &etl.file("mini_2026_01.sql", mini()));
    schedule
        .shows("mvp_vpic_release_info{month=\"2026-01\"")
        .await;
    let health = schedule.get("/health").await;
    assert!(
        health.contains("\"postgres\":{\"status\":\"ok\""),
        "{health}"
    );
    etl.run(&["healthcheck", "--etl"]).failed(1, "not ready");
    let mut asked = etl.command(&["healthcheck", "--etl"]);
    asked.env(
        "MVP_VEHICLES_PLATFORM__ETL__LISTEN__PORT",
        schedule.port.to_string(),
    );
    assert!(asked.output().unwrap().status.success());

    etl.load(&etl.file("mini_2026_02.sql", mini_text() + "\n"))
        .succeeded();
    schedule
        .shows("mvp_vpic_release_info{month=\"2026-02\"")
        .await;
    etl.run(&["etl", "rollback"]).succeeded();
    schedule
        .shows("mvp_vpic_release_info{month=\"2026-01\"")
        .await;
    assert_eq!(schedule.stop(), Some(0));
    // It has looked since the last Sunday, so another start loads nothing.
    let again = Schedule::start(&etl, &etl.file("mini_2026_03.sql", mini_text() + "\n\n"));
    again.shows("mvp_vpic_release_info{month=\"2026-01\"").await;
    assert_eq!(again.stop(), Some(0));
    assert_eq!(etl.live(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_in_the_middle_of_a_load_it_cleans_up_before_it_ends() {
    let etl = Etl::new().await;
    let schedule = Schedule::start(&etl, whole_release().to_str().unwrap());
    test_kit::eventually("it loads", || {
        etl.releases()
            .first()
            .is_some_and(|release| release["state"] == "loading")
    })
    .await;
    assert_eq!(schedule.stop(), Some(0));
    assert_eq!(etl.latest()["state"], "failed");
    assert!(
        etl.latest()["failure"]
            .as_str()
            .unwrap()
            .contains("interrupted")
    );
    assert_eq!(etl.schemas().await, [""; 0]);
}
