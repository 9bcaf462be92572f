//! The audit: complete, append-only, and telling when somebody was at it.

use crate::house::House;
use reqwest::Method;
use serde_json::{Value, json};

async fn with_entries() -> (House, String) {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let path = format!("/tenants/{tenant}/suspend");
    let actor = [("X-Actor", "auth0|boss"), ("X-Request-Id", "request-0001")];
    let body = json!({ "reason": "=danger,\"quoted\"" });
    house
        .send(Method::POST, &path, &actor, Some(body))
        .await
        .is(200);
    (house, tenant)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_what_and_how_it_was_before() {
    let (house, tenant) = with_entries().await;
    let list = house
        .get(&format!("/tenants/audit?tenant_id={tenant}&action=tenant"))
        .await
        .is(200);
    let entries = list["data"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "{list}");
    let suspension = &entries[0];
    assert_eq!(suspension["action"], "tenant.suspended");
    assert_eq!(suspension["actor"], "auth0|boss");
    assert_eq!(suspension["consumer"], "tests-key");
    assert_eq!(suspension["request_id"], "request-0001");
    assert_eq!(suspension["before"]["status"], "active");
    assert_eq!(suspension["after"]["status"], "suspended");
    let count = |query: &'static str| async {
        house.get(query).await.is(200)["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count("/tenants/audit?actor=auth0%7Cboss").await, 1);
    assert_eq!(count("/tenants/audit?actor=tests-key").await, 4);
    assert_eq!(count("/tenants/audit?action=tenant.susp").await, 0);
    assert_eq!(count("/tenants/audit?from=2999-01-01T00:00:00Z").await, 0);
    assert_eq!(
        count("/tenants/audit?to=2999-01-01T00:00:00Z&limit=2").await,
        2
    );
    house
        .get("/tenants/audit?tenant_id=x")
        .await
        .is_problem(422, "invalid_parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_exported_whole() {
    let (house, tenant) = with_entries().await;
    let lines = house
        .get(&format!("/tenants/audit/export?tenant_id={tenant}"))
        .await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let entries: Vec<Value> = lines
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(entries.len(), 4);
    assert_eq!(entries[0]["action"], "tenant.created");
    let table = house
        .get("/tenants/audit/export?format=csv&action=tenant.suspended")
        .await;
    assert!(table.text.starts_with("seq,at,consumer,"), "{}", table.text);
    assert!(table.text.contains("\"\"=danger,"), "{}", table.text);
    assert_eq!(table.text.matches("\r\n").count(), 2);
    house
        .get("/tenants/audit/export?limit=1")
        .await
        .names(422, "/query/limit");
    house
        .get("/tenants/audit?format=csv")
        .await
        .names(422, "/query/format");
    house
        .get("/tenants/audit/export?format=pdf")
        .await
        .names(422, "/query/format");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_serving_role_and_the_owner_cannot_change_it() {
    let (house, _) = with_entries().await;
    let owner = house.database.client().await;
    let superuser = house.database.superuser().await;
    let serving = format!("SET ROLE {}", house.database.api());
    superuser.batch_execute(&serving).await.unwrap();
    for statement in [
        "UPDATE audit.entry SET actor = 'nobody'",
        "DELETE FROM audit.entry",
        "TRUNCATE audit.entry",
    ] {
        for client in [&owner, &superuser] {
            let error = client.batch_execute(statement).await.unwrap_err();
            assert_eq!(
                error.code().unwrap().code(),
                "42501",
                "{statement}: {error}"
            );
        }
    }
    superuser
        .batch_execute("SELECT count(*) FROM audit.entry")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_bad_row_is_named() {
    let (house, _) = with_entries().await;
    let verified = house.run(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(
        (&report["entries"], &report["bad"]),
        (&json!(4), &Value::Null)
    );
    let head = format!(
        "{}:{}",
        report["head"]["seq"],
        report["head"]["hash"].as_str().unwrap()
    );
    let client = house.database.superuser().await;
    let tampers = [
        (
            "UPDATE audit.entry SET actor = 'nobody' WHERE seq = 3",
            3,
            "changed",
        ),
        (
            "UPDATE audit.entry SET after = replace(after, 'family', 'fleet') WHERE seq = 1",
            1,
            "changed",
        ),
        ("DELETE FROM audit.entry WHERE seq = 2", 3, "missing"),
        (
            "UPDATE audit.entry SET seq = 100 WHERE seq = 4",
            100,
            "missing",
        ),
        ("DELETE FROM audit.entry WHERE seq = 4", 4, "cut off"),
    ];
    for (statement, seq, reason) in tampers {
        client
            .batch_execute(&format!(
                "CREATE TABLE public.kept AS TABLE audit.entry;
                 ALTER TABLE audit.entry DISABLE TRIGGER USER; {statement}"
            ))
            .await
            .unwrap();
        let verified = house.run(&["audit", "verify", "--head", &head]);
        assert_eq!(verified.status.code(), Some(1), "{statement}");
        let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
        assert_eq!(report["bad"]["seq"], seq, "{statement}: {report}");
        assert!(
            report["bad"]["reason"].as_str().unwrap().contains(reason),
            "{report}"
        );
        let restore = "DELETE FROM audit.entry; INSERT INTO audit.entry TABLE public.kept; DROP TABLE public.kept";
        client.batch_execute(restore).await.unwrap();
    }
    assert!(
        house
            .run(&["audit", "verify", "--head", &head])
            .status
            .success()
    );
}
