//! Releases that are there: known content, switching, going back, removing, reading.

use crate::harness::{Etl, Ran, mini, mini_text};
use futures_util::{StreamExt, stream};
use tokio_postgres::AsyncMessage;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_is_loaded_again_only_by_force() {
    let etl = Etl::with_live_release().await;
    let again = etl.file("other_name_2026_05.sql", mini());
    let said = etl.load(&again).succeeded().stdout;
    assert!(
        said.contains("nothing to do: this is the content of release 1, which is live"),
        "{said}"
    );
    etl.assert_untouched().await;
    etl.run(&["etl", "load", "--force", &again]).succeeded();
    assert_eq!(etl.live(), [2]);
    assert_eq!(etl.latest()["month"], "2026-05");
}

#[tokio::test(flavor = "multi_thread")]
async fn rollback_goes_back_one_release_and_no_further_than_there_are() {
    let etl = Etl::with_live_release().await;
    etl.run(&["etl", "rollback"])
        .failed(16, "there is no release before the live one");
    etl.load(&etl.file("b_2026_02.sql", mini_text() + "\n"))
        .succeeded();
    assert_eq!(etl.live(), [2]);
    let said = etl.run(&["etl", "rollback"]).succeeded().stdout;
    assert!(
        said.contains("release 1 of 2026-01 is live again"),
        "{said}"
    );
    assert_eq!(etl.live(), [1]);
    etl.run(&["etl", "validate"]).succeeded();
    // What was rolled back is not loaded again by itself.
    let said = etl
        .load(&etl.file("b_2026_02.sql", mini_text() + "\n"))
        .succeeded()
        .stdout;
    assert!(said.contains("which is loaded but not live"), "{said}");
    etl.run(&["etl", "rollback"])
        .failed(16, "there is no release before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_keeps_two_releases_and_prune_the_number_that_is_set() {
    let etl = Etl::with_live_release().await;
    for (month, ending) in [("02", "\n"), ("03", "\n\n")] {
        etl.load(&etl.file(&format!("m_2026_{month}.sql"), mini_text() + ending))
            .succeeded();
    }
    assert_eq!(etl.live(), [3]);
    assert_eq!(etl.schemas().await, ["release_2", "release_3"]);
    let states: Vec<_> = etl
        .releases()
        .iter()
        .map(|release| release["state"].clone())
        .collect();
    assert_eq!(states, ["live", "superseded", "pruned"]);
    let mut one = etl.command(&["etl", "prune"]);
    let ran = one
        .env("MVP_VEHICLES_PLATFORM__ETL__KEEP", "1")
        .output()
        .unwrap();
    assert!(ran.status.success());
    assert_eq!(etl.schemas().await, ["release_3"]);
    // A schema that the registry does not know is somebody's half-done work.
    etl.database
        .client()
        .await
        .batch_execute("CREATE SCHEMA release_77")
        .await
        .unwrap();
    etl.run(&["etl", "prune"]).succeeded();
    assert_eq!(etl.schemas().await, ["release_3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rollback_the_good_release_is_kept_and_gone_back_to() {
    let etl = Etl::with_live_release().await;
    let load = |month: &str, ending: &str| {
        etl.load(&etl.file(&format!("m_2026_{month}.sql"), mini_text() + ending))
            .succeeded();
    };
    load("02", "\n");
    etl.run(&["etl", "rollback"]).succeeded();
    assert_eq!(etl.live(), [1]);
    load("03", "\n\n");
    assert_eq!(etl.schemas().await, ["release_1", "release_3"]);
    etl.run(&["etl", "rollback"]).succeeded();
    assert_eq!(etl.live(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_is_announced_and_the_serving_role_can_read_what_it_brings() {
    let etl = Etl::new().await;
    let mut config = tokio_postgres::Config::new();
    config
        .host(&etl.database.host)
        .port(etl.database.port)
        .dbname(&etl.database.name)
        .user(etl.database.api())
        .password(std::fs::read(&etl.database.password_file).unwrap());
    let (client, mut connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context)).boxed();
    let (heard, mut announced) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(note) = message {
                heard
                    .send((note.channel().to_owned(), note.payload().to_owned()))
                    .unwrap();
            }
        }
    });
    client.batch_execute("LISTEN mvp_release").await.unwrap();
    etl.load(&etl.file("mini_2026_01.sql", mini())).succeeded();
    let note = announced.recv().await.unwrap();
    assert_eq!(note, ("mvp_release".to_owned(), "1".to_owned()));
    let live = client
        .query_one("SELECT id FROM etl.release WHERE state = 'live'", &[])
        .await
        .unwrap();
    assert_eq!(live.get::<_, i32>(0), 1);
    let sql = "SELECT count(*) FROM release_1.catalog_model_year";
    assert!(client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0);
    assert!(
        client
            .batch_execute("DELETE FROM release_1.catalog_make")
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serving_role_that_is_not_there_is_an_error_that_names_the_setting() {
    let etl = Etl::new().await;
    let dump = etl.file("mini_2026_01.sql", mini());
    let with_role = |arguments: &[&str], role: &str| {
        let mut command = etl.command(arguments);
        command.env("MVP_VEHICLES_PLATFORM__ETL__READER_ROLE", role);
        Ran::from(command.output().unwrap())
    };
    for arguments in [&["migrate"][..], &["etl", "load", &dump]] {
        with_role(arguments, "vehicle_apy").failed(
            3,
            "etl.reader_role: the database has no role \"vehicle_apy\"",
        );
    }
    assert_eq!(etl.live(), [0_i64; 0]);
    with_role(&["etl", "load", &dump], "").succeeded();
    assert_eq!(etl.live(), [1]);
}
