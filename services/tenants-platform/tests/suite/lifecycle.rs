//! A tenant's life.

use crate::house::{House, NOBODY};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_lives_is_suspended_deleted_and_brought_back() {
    let house = House::new().await;
    let made = house
        .post(
            "/tenants",
            json!({ "name": "  The Smiths ", "owner": "auth0|smith" }),
        )
        .await;
    let tenant = made.is(201);
    assert_eq!(tenant["name"], "The Smiths");
    assert_eq!(tenant["slug"], "the-smiths");
    assert_eq!(tenant["plan"], "personal");
    assert_eq!(tenant["status"], "active");
    let id = tenant["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/tenants/{id}"));
    let read = house.get(&format!("/tenants/{id}")).await.is(200);
    assert_eq!(read, tenant, "it is read as it was answered");
    let path = format!("/tenants/{id}");
    let step = |name: &'static str, body: Value| house.post_owned(format!("{path}/{name}"), body);

    let reason = json!({ "reason": "an open invoice" });
    let suspended = step("suspend", reason.clone()).await.is(200);
    assert_eq!(
        (&suspended["status"], &suspended["reason"]),
        (&json!("suspended"), &json!("an open invoice"))
    );
    step("suspend", reason.clone()).await.is(200);
    step("activate", json!({}))
        .await
        .is_problem(409, "conflict");
    assert_eq!(
        step("resume", json!({})).await.is(200)["reason"],
        Value::Null
    );

    step("suspend", reason).await.is(200);
    let deleting = house.delete(&path).await.is(202);
    assert_eq!(deleting["status"], "deleting");
    assert!(deleting["delete_after"].as_str().unwrap() > "2026");
    house.delete(&path).await.is(202);
    step("resume", json!({})).await.is_problem(409, "conflict");
    let restored = step("restore", json!({})).await.is(200);
    assert_eq!(restored["status"], "suspended", "it comes back as it was");
    assert_eq!(restored["delete_after"], Value::Null);
    assert_eq!(
        house.events_of(id).await,
        [
            "tenant.created",
            "member.added",
            "tenant.activated",
            "tenant.suspended",
            "tenant.resumed",
            "tenant.suspended",
            "tenant.deleting",
            "tenant.restored"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_made_once_for_an_external_id_and_for_a_key() {
    let house = House::new().await;
    let body = json!({ "name": "Smith", "external_id": "crm-1" });
    let first = house.post("/tenants", body.clone()).await.is(201);
    let again = house.post("/tenants", body).await.is(200);
    assert_eq!(first["id"], again["id"]);

    let keyed = |key: &'static str, name: &'static str| {
        let body = json!({ "name": name });
        house.send_owned(
            Method::POST,
            "/tenants",
            vec![("Idempotency-Key", key)],
            body,
        )
    };
    let first = keyed("k1", "Jones").await.is(201);
    assert_eq!(keyed("k1", "Jones").await.is(200)["id"], first["id"]);
    assert_ne!(keyed("k2", "Jones").await.is(201)["id"], first["id"]);
    keyed("k1", "Other")
        .await
        .is_problem(422, "idempotency_mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_callers_at_once_make_one_tenant() {
    let house = House::new().await;
    let calls = (0..100).map(|_| {
        house.post(
            "/tenants",
            json!({ "name": "Rush", "external_id": "rush", "owner": "u" }),
        )
    });
    let answers = futures_util::future::join_all(calls).await;
    let mut ids = std::collections::BTreeSet::new();
    let mut made = 0;
    for answer in &answers {
        // The pool has its limits: whoever found no connection is told to come again.
        if answer.status == 503 {
            continue;
        }
        assert!(answer.status == 200 || answer.status == 201, "{answer:?}");
        made += i32::from(answer.status == 201);
        ids.insert(answer.json()["id"].as_str().unwrap().to_owned());
    }
    assert_eq!((made, ids.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_tenant_is_named() {
    let house = House::new().await;
    for (body, pointer) in [
        (json!({ "name": "" }), "/body/name"),
        (json!({ "name": "x".repeat(201) }), "/body/name"),
        (json!({ "name": "a", "slug": "A b" }), "/body/slug"),
        (json!({ "name": "a", "slug": "admin" }), "/body/slug"),
        (json!({ "name": "a", "plan": "gold" }), "/body/plan"),
        (json!({ "name": "a", "owner": "two words" }), "/body/owner"),
        (
            json!({ "name": "a", "external_id": "" }),
            "/body/external_id",
        ),
        (json!({ "name": "a", "status": "active" }), "/body"),
        (json!({}), "/body"),
    ] {
        house.post("/tenants", body).await.names(422, pointer);
    }
    house
        .post("/tenants", json!({ "name": "a", "slug": "abc" }))
        .await
        .is(201);
    let taken = house
        .post("/tenants", json!({ "name": "b", "slug": "abc" }))
        .await;
    taken.names(409, "/body/slug");
    for path in ["/tenants/nonsense", &format!("/tenants/{NOBODY}")] {
        house.get(path).await.is_problem(404, "not_found");
    }
    let query = house.get("/tenants?colour=red").await;
    query.is_problem(422, "invalid_parameter");
    house
        .get("/tenants?limit=0")
        .await
        .names(422, "/query/limit");
    house
        .get("/tenants?cursor=%25")
        .await
        .names(422, "/query/cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_wants_the_version_that_was_read() {
    let house = House::new().await;
    let id = house.tenant("personal").await;
    let path = format!("/tenants/{id}");
    let read = house.get(&path).await;
    let etag = read.header("etag").to_owned();
    let change = |etag: Option<String>, body: Value| {
        let headers = etag.map_or_else(Vec::new, |etag| vec![("If-Match".to_owned(), etag)]);
        house.patch_owned(path.clone(), headers, body)
    };
    let body = json!({ "name": "Smiths", "plan": "family" });
    change(None, body.clone())
        .await
        .is_problem(428, "precondition_required");
    let changed = change(Some(etag.clone()), body.clone()).await.is(200);
    assert_eq!(
        (&changed["name"], &changed["plan"]),
        (&json!("Smiths"), &json!("family"))
    );
    change(Some(etag), body)
        .await
        .is_problem(412, "precondition_failed");
    let headers = [("If-None-Match", "\"3\"")];
    let kept = house.send(Method::GET, &path, &headers, None).await;
    assert_eq!(kept.status, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_grace_period_a_tombstone_remains() {
    let house = House::with(1, &[("TENANTS__GRACE_DAYS", "0")]).await;
    let id = house.tenant("family").await;
    let path = format!("/tenants/{id}");
    let key = json!({ "name": "k", "scopes": ["vehicles:read"] });
    house.post(&format!("{path}/api-keys"), key).await.is(201);
    house.delete(&path).await.is(202);
    // The clock of the service comes round once a minute; another instance has its first round at once.
    let other = house.another_instance();
    test_kit::eventually_async("the tenant is gone", || async {
        house.get(&path).await.json()["status"] == "deleted"
    })
    .await;
    drop(other);
    let tombstone = house.get(&path).await.is(200);
    assert_eq!(
        (&tombstone["name"], &tombstone["slug"]),
        (&json!(""), &json!("the-smiths"))
    );
    house
        .get(&format!("{path}/validate"))
        .await
        .is_problem(404, "not_found");
    assert_eq!(
        house.get(&format!("{path}/members")).await.is(200)["data"],
        json!([])
    );
    assert_eq!(
        house.get(&format!("{path}/api-keys")).await.is(200)["data"],
        json!([])
    );
    house
        .post(&format!("{path}/restore"), json!({}))
        .await
        .is_problem(409, "conflict");
    let listed = house.get("/tenants").await.is(200);
    assert_eq!(listed["data"], json!([]));
    let listed = house.get("/tenants?status=deleted").await.is(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    let taken = json!({ "name": "New", "slug": "the-smiths" });
    house.post("/tenants", taken).await.names(409, "/body/slug");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_by_pages_and_can_be_narrowed() {
    let house = House::new().await;
    for number in 0..5 {
        let plan = if number < 2 { "fleet" } else { "personal" };
        let body = json!({ "name": format!("Tenant {number}"), "plan": plan });
        house.post("/tenants", body).await.is(201);
    }
    let mut seen = Vec::new();
    let mut path = "/tenants?limit=2".to_owned();
    loop {
        let page = house.get(&path).await.is(200);
        let data = page["data"].as_array().unwrap();
        seen.extend(
            data.iter()
                .map(|tenant| tenant["name"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/tenants?limit=2&cursor={cursor}");
    }
    assert_eq!(
        seen,
        ["Tenant 0", "Tenant 1", "Tenant 2", "Tenant 3", "Tenant 4"]
    );
    let count = |path: &'static str| async {
        house.get(path).await.is(200)["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count("/tenants?plan=fleet").await, 2);
    assert_eq!(count("/tenants?q=ANT%203").await, 1);
    assert_eq!(count("/tenants?status=suspended").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_a_key() {
    let house = House::new().await;
    for (method, path) in [
        (Method::GET, "/tenants"),
        (Method::POST, "/tenants/api-keys/verify"),
    ] {
        let headers = [("X-API-Key", "mvp_svc_wrong_0123456789abcdef")];
        let refused = house.send(method, path, &headers, Some(json!({}))).await;
        refused.is_problem(401, "api_key_unknown");
    }
    let bad = [("X-Actor", "two words")];
    house
        .send(Method::GET, "/tenants", &bad, None)
        .await
        .is(200);
    let refused = house
        .send(Method::POST, "/tenants", &bad, Some(json!({ "name": "a" })))
        .await;
    refused.names(400, "/header/X-Actor");
}
