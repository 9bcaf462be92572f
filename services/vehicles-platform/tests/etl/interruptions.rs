//! A load that is stopped, killed, or started twice.

use crate::harness::{Etl, Ran, whole_release};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};

/// Starts a load of the whole release, which takes seconds, and returns once it reads the patterns.
fn start_loading(etl: &Etl) -> (Child, BufReader<std::process::ChildStderr>) {
    let source = whole_release();
    let mut child = etl.start(&[
        "etl",
        "load",
        "--progress",
        "json",
        source.to_str().unwrap(),
    ]);
    let mut progress = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"table\":\"pattern\"") {
        line.clear();
        assert_ne!(
            progress.read_line(&mut line).unwrap(),
            0,
            "the load ended early"
        );
    }
    (child, progress)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_load_cleans_up_at_once_and_says_where_it_was() {
    let etl = Etl::with_live_release().await;
    for name in ["-TERM", "-INT"] {
        let (mut child, progress) = start_loading(&etl);
        signal(&child, name);
        let said: String = progress.lines().map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
        assert!(
            said.contains("while reading the source; the live release is untouched: interrupted"),
            "{said}"
        );
        etl.assert_untouched().await;
        assert_eq!(etl.latest()["state"], "failed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_load_leaves_nothing_and_the_next_command_gives_it_up() {
    let etl = Etl::with_live_release().await;
    let (mut child, _progress) = start_loading(&etl);
    signal(&child, "-KILL");
    child.wait().unwrap();
    assert_eq!(etl.live(), [1]);
    assert_eq!(etl.latest()["state"], "loading");
    etl.assert_untouched().await;
    // PostgreSQL lets go of the lock once it has read what was on its way and finds nobody at the other end.
    test_kit::eventually("the lock is free", || {
        etl.run(&["etl", "prune"]).code == Some(0)
    })
    .await;
    let latest = etl.latest();
    assert_eq!(latest["state"], "failed");
    assert_eq!(
        latest["failure"],
        "the loading process ended without a word"
    );
    etl.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_load_says_who_holds_the_lock_or_waits_for_it() {
    let etl = Etl::with_live_release().await;
    let again = etl.folder.path().join("mini_2026_01.sql");
    let again = again.to_str().unwrap();
    let (mut first, progress) = start_loading(&etl);
    let second = etl.run(&["etl", "load", "--force", again]);
    second
        .failed(15, "another load is running: mvp-etl@")
        .failed(15, &format!("/{}, from", first.id()));
    // Neither does a rollback wait in silence.
    etl.run(&["etl", "rollback"])
        .failed(15, "another load is running: mvp-etl@");
    let waiting = etl.start(&["etl", "load", "--wait", "--force", again]);
    signal(&first, "-TERM");
    drop(progress);
    first.wait().unwrap();
    Ran::from(waiting.wait_with_output().unwrap()).succeeded();
    assert_eq!(etl.live(), [etl.latest()["id"].as_i64().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_that_waits_comes_after_the_load() {
    let etl = Etl::with_live_release().await;
    etl.load(&etl.file("b_2026_02.sql", crate::harness::mini_text() + "\n"))
        .succeeded();
    let (mut loading, progress) = start_loading(&etl);
    let waiting = etl.start(&["etl", "rollback", "--wait"]);
    signal(&loading, "-TERM");
    drop(progress);
    loading.wait().unwrap();
    Ran::from(waiting.wait_with_output().unwrap()).succeeded();
    assert_eq!(etl.live(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_loaded_release_that_is_in_use_holds_nobody_up() {
    let etl = Etl::with_live_release().await;
    etl.load(&etl.file("b_2026_02.sql", crate::harness::mini_text() + "\n"))
        .succeeded();
    let mut reader = etl.database.client().await;
    reader
        .batch_execute("CREATE SCHEMA release_77; CREATE TABLE release_77.make (id integer)")
        .await
        .unwrap();
    let reading = reader.transaction().await.unwrap();
    reading.query("TABLE release_77.make", &[]).await.unwrap();
    let ran = etl.run(&["etl", "rollback"]).succeeded();
    assert_eq!(etl.live(), [1]);
    // A warning of a command reaches the one who gave it.
    assert!(
        ran.stderr.contains("a half-loaded release is in use"),
        "{}",
        ran.stderr
    );
    reading.commit().await.unwrap();
    etl.run(&["etl", "prune"]).succeeded();
    assert_eq!(etl.schemas().await, ["release_1", "release_2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_waits_for_ever_on_a_table_that_somebody_locks() {
    let etl = Etl::with_live_release().await;
    let mut other = etl.database.client().await;
    let locking = other.transaction().await.unwrap();
    locking
        .batch_execute("LOCK TABLE etl.release, etl.migration")
        .await
        .unwrap();
    for command in [
        &["etl", "releases"][..],
        &["etl", "validate"],
        &["etl", "rollback"],
        &["etl", "prune"],
        &["migrate"],
    ] {
        let ran = etl
            .command(command)
            .env("MVP_VEHICLES_PLATFORM__ETL__COMMAND_TIMEOUT_S", "1")
            .output()
            .unwrap();
        let code = ran.status.code();
        assert!([Some(12), Some(17)].contains(&code), "{command:?}: {ran:?}");
    }
}
