//! A tenant moves from one installation to another.

use crate::house::{House, KEY, NOBODY};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Cursor, Read, Write};

async fn exported(house: &House, tenant: &str) -> Vec<u8> {
    let url = format!("{}/tenants/{tenant}/export", house.url);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(url).header("X-API-Key", KEY).send().await;
    let answer = answer.unwrap().error_for_status().unwrap();
    assert_eq!(answer.headers()["content-type"], "application/zip");
    answer.bytes().await.unwrap().to_vec()
}

async fn import(house: &House, archive: Vec<u8>) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/tenants/import", house.url);
    let request = client.post(url).header("X-API-Key", KEY).body(archive);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn file(archive: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut text = String::new();
    zip.by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// Gives a tenant something of everything.
async fn furnish(here: &House, tenant: &str) {
    let path = format!("/tenants/{tenant}");
    here.put(&format!("{path}/members/kid"), json!({ "role": "driver" }))
        .await
        .is(201);
    let secret = json!({ "description": "t", "schema": { "type": "string" }, "scope": "tenant", "secret": true });
    here.put("/tenants/configuration/keys/mail.token", secret)
        .await
        .is(200);
    let values = json!({ "values": { "display.currency": "EUR", "mail.token": "hunter2" } });
    let headers = [("If-Match", "\"0\"")];
    let configuration = format!("{path}/configuration");
    here.send(Method::PATCH, &configuration, &headers, Some(values))
        .await
        .is(200);
    here.post(
        &format!("{path}/api-keys"),
        json!({ "name": "shop", "scopes": ["a:b"] }),
    )
    .await
    .is(201);
    here.post(&format!("{path}/suspend"), json!({ "reason": "moving" }))
        .await
        .is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_arrives_as_it_left() {
    let (here, there) = (House::new().await, House::new().await);
    let tenant = here.tenant("family").await;
    let path = format!("/tenants/{tenant}");
    furnish(&here, &tenant).await;

    let archive = exported(&here, &tenant).await;
    assert!(file(&archive, "api_keys.json").contains("shop"));
    assert!(file(&archive, "audit.ndjson").lines().count() >= 6);
    for name in ["configuration.json", "api_keys.json", "audit.ndjson"] {
        assert!(!file(&archive, name).contains("hunter2"), "{name}");
    }

    let (status, body) = import(&there, archive.clone()).await;
    assert_eq!((status, &body["id"]), (201, &json!(tenant)));
    let arrived = there.get(&path).await.is(200);
    assert_eq!(arrived["slug"], "the-smiths");
    assert_eq!(
        (&arrived["status"], &arrived["reason"]),
        (&json!("suspended"), &json!("moving"))
    );
    let members = there.get(&format!("{path}/members")).await.is(200);
    let roles: Vec<_> = members["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["user"], &it["role"]))
        .collect();
    assert_eq!(
        roles,
        [
            (&json!("kid"), &json!("driver")),
            (&json!("owner"), &json!("owner"))
        ]
    );
    let set = there.get(&format!("{path}/configuration")).await.is(200);
    assert_eq!(
        set["values"]["display.currency"],
        json!({ "value": "EUR", "source": "tenant" })
    );
    assert!(
        there
            .events_of(&tenant)
            .await
            .contains(&"tenant.imported".to_owned())
    );
    let (status, body) = import(&there, archive).await;
    assert_eq!((status, &body["code"]), (409, &json!("conflict")));
    here.get(&format!("/tenants/{NOBODY}/export"))
        .await
        .is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_old_installation_knew_comes_along() {
    let (here, there) = (House::new().await, House::new().await);
    let club = json!({ "title": "Club", "quotas": { "members": 3 } });
    here.put("/tenants/plans/club", club).await.is(200);
    let key = json!({ "description": "d", "schema": { "type": "integer" }, "scope": "tenant" });
    let name = "/tenants/configuration/keys/club.boats";
    here.put(name, key).await.is(200);
    let tenant = here.tenant("club").await;
    let path = format!("/tenants/{tenant}");
    for user in ["b", "c"] {
        let member = format!("{path}/members/{user}");
        here.put(&member, json!({ "role": "viewer" })).await.is(201);
    }
    let headers = [("If-Match", "\"0\"")];
    let set = json!({ "values": { "club.boats": 2 } });
    let configuration = format!("{path}/configuration");
    here.send(Method::PATCH, &configuration, &headers, Some(set))
        .await
        .is(200);
    // More members than the plan includes now, and on its way out.
    let smaller = json!({ "title": "Club", "quotas": { "members": 1 } });
    here.put("/tenants/plans/club", smaller).await.is(200);
    let reason = json!({ "reason": "moving" });
    here.post(&format!("{path}/suspend"), reason).await.is(200);
    here.delete(&path).await.is(202);

    let (status, body) = import(&there, exported(&here, &tenant).await).await;
    assert_eq!(status, 201, "{body}");
    let arrived = there.get(&path).await.is(200);
    assert_eq!(
        (&arrived["plan"], &arrived["status"]),
        (&json!("club"), &json!("suspended"))
    );
    let usage = there.get(&format!("{path}/usage")).await.is(200);
    assert_eq!(usage["quota"]["members"], json!({ "limit": 1, "used": 3 }));
    let set = there.get(&configuration).await.is(200);
    assert_eq!(set["values"]["club.boats"]["value"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_archive_changes_nothing() {
    let house = House::new().await;
    let tenant = |plan: &str| json!({ "id": NOBODY, "external_id": null, "slug": "abc", "name": "A", "plan": plan, "suspended": false, "reason": null });
    let archive = |files: &[(&str, Value)]| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            zip.write_all(content.to_string().as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let manifest = ("manifest.json", json!({ "format": 1, "exported_at": "" }));
    let owner = ("members.json", json!([{ "user": "u", "role": "owner" }]));
    let nothing = ("configuration.json", json!({}));
    let bad_value = ("configuration.json", json!({ "display.currency": "Euro" }));
    let (family, gold) = (
        ("tenant.json", tenant("family")),
        ("tenant.json", tenant("gold")),
    );
    let stranger = ("members.json", json!([{ "user": "a b", "role": "owner" }]));
    let mut nameless = tenant("family");
    nameless["name"] = json!("\u{0}");
    let nameless = ("tenant.json", nameless);
    for (bytes, pointer) in [
        (
            archive(&[manifest.clone(), family.clone(), stranger, nothing.clone()]),
            "/body/members.json/0/user",
        ),
        (
            archive(&[manifest.clone(), nameless, owner.clone(), nothing.clone()]),
            "/body/tenant.json/name",
        ),
        (b"nonsense".to_vec(), "/body"),
        (archive(std::slice::from_ref(&manifest)), "/body"),
        (
            archive(&[manifest.clone(), gold, owner.clone(), nothing]),
            "/body/tenant.json/plan",
        ),
        (
            archive(&[manifest, family, owner, bad_value]),
            "/body/configuration.json/display.currency",
        ),
    ] {
        let (status, body) = import(&house, bytes).await;
        assert_eq!(status, 422, "{body}");
        assert_eq!(body["errors"][0]["pointer"], pointer, "{body}");
    }
    house
        .get(&format!("/tenants/{NOBODY}"))
        .await
        .is_problem(404, "not_found");
    assert_eq!(house.get("/tenants/audit").await.is(200)["data"], json!([]));
}
