//! Nobody reaches what is somebody else's: every route of the document, and the rows themselves.

use crate::town::{ANNA, BEN, Person, Town};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Database;
use tokio_postgres::{Client, Config, NoTls};

/// For everybody.
const PUBLIC: [&str; 7] = [
    "/api/health",
    "/api/platform/years",
    "/api/platform/makes",
    "/api/platform/models",
    "/api/platform/trims",
    "/api/platform/engines",
    "/api/platform/transmissions",
];
/// About no tenant: what a VIN says is the same for everybody.
const OF_NOBODY: [&str; 1] = ["/api/platform/vehicle"];

/// A body that the route takes from who may.
fn body_for(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("post", "/api/vehicles") | ("patch", "/api/vehicles/{vehicle}") => {
            Some(json!({ "nickname": "Taken" }))
        }
        ("post", "/api/vehicles/{vehicle}/readings")
        | ("put", "/api/vehicles/{vehicle}/readings/{reading}") => Some(json!({ "distance": 7 })),
        ("post", "/api/vehicles/{vehicle}/instruments") => Some(
            json!({ "kind": "odometer", "since": "2024-01-01T00:00:00Z", "old_value": 9, "new_value": 0 }),
        ),
        _ => None,
    }
}

/// Method and path of every route that is about people's data.
async fn routes(town: &Town) -> Vec<(String, String)> {
    let document = town.house.get("/openapi.json").await.is(200);
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if PUBLIC.contains(&path.as_str()) || OF_NOBODY.contains(&path.as_str()) {
            continue;
        }
        let methods = item.as_object().unwrap().keys();
        let methods =
            methods.filter(|it| ["get", "put", "post", "delete", "patch"].contains(&it.as_str()));
        routes.extend(methods.map(|method| (method.clone(), path.clone())));
    }
    assert!(routes.len() >= 20, "{routes:?}");
    routes
}

/// Anna's vehicle with everything that can belong to it.
struct Property {
    vehicle: String,
    reading: String,
    instrument: String,
}

impl Property {
    async fn of(anna: &Person<'_>) -> Self {
        let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        let path = anna
            .add(json!({ "nickname": "Secret", "plate": "HIDDEN1" }))
            .await;
        let reading = anna
            .post(&format!("{path}/readings"), json!({ "distance": 10 }))
            .await;
        let body = json!({ "kind": "hour_meter", "since": "2023-01-01T00:00:00Z", "old_value": 9, "new_value": 0 });
        let instrument = anna.post(&format!("{path}/instruments"), body).await;
        Self {
            vehicle: last(&path),
            reading: last(reading.header("location")),
            instrument: last(instrument.header("location")),
        }
    }

    fn at(&self, path: &str) -> String {
        path.replace("{vehicle}", &self.vehicle)
            .replace("{reading}", &self.reading)
            .replace("{instrument}", &self.instrument)
    }

    /// All that can be seen of it.
    async fn seen(&self, by: &Person<'_>) -> Value {
        let mut seen = json!({});
        for part in ["", "/readings", "/instruments", "/activity"] {
            let path = format!("/api/vehicles/{}{part}", self.vehicle);
            seen[part] = by.get(&path).await.is(200);
        }
        seen
    }
}

async fn ask(person: &Person<'_>, method: &str, path: &str, at: &str) -> test_kit::Answer {
    let verb = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let read = [("If-Match", "*")];
    person.send(verb, at, &read, body_for(method, path)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_gives_a_stranger_anything_or_changes_anything_for_one() {
    let town = Town::new().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    let anna = town.person(ANNA).within(&family);
    let property = Property::of(&anna).await;
    let before = property.seen(&anna).await;
    for (method, path) in routes(&town).await {
        let at = property.at(&path);
        assert!(
            !at.contains('{'),
            "{path} has a part that this test does not know"
        );
        let verb = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let anonymous = town
            .house
            .send(verb, &at, &[], body_for(&method, &path))
            .await;
        anonymous.is_problem(401, "token_missing");
        // In the tenant that he does not belong to.
        let intruder = town.person(BEN).within(&family);
        let answer = ask(&intruder, &method, &path, &at).await;
        answer.is_problem(404, "not_found");
        // With her ids, in his own.
        let at_home = town.person(BEN);
        let answer = ask(&at_home, &method, &path, &at).await;
        if path.contains('{') {
            answer.is_problem(404, "not_found");
        } else {
            assert!(
                !answer.text.contains("Secret") && !answer.text.contains("HIDDEN1"),
                "{method} {path}"
            );
        }
    }
    assert_eq!(property.seen(&anna).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_changes_nothing() {
    let town = Town::new().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    town.tenants.give(&family, BEN, "viewer").await;
    let (anna, ben) = (
        town.person(ANNA).within(&family),
        town.person(BEN).within(&family),
    );
    let property = Property::of(&anna).await;
    let before = property.seen(&anna).await;
    for (method, path) in routes(&town).await {
        if method != "get" {
            let answer = ask(&ben, &method, &path, &property.at(&path)).await;
            answer.is_problem(403, "forbidden");
        }
    }
    assert_eq!(property.seen(&anna).await, before);
    assert_eq!(property.seen(&ben).await, before);
}

/// A connection as the role that serves, in a context.
async fn as_serving(database: &Database, tenant: &str, user: &str, role: &str) -> Client {
    let mut config = Config::new();
    config
        .host(&database.host)
        .port(database.port)
        .dbname(&database.name)
        .user(database.api())
        .password(std::fs::read(&database.password_file).unwrap());
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let context = "SELECT set_config('app.tenant_id', $1, false), set_config('app.user_id', $2, false), set_config('app.role', $3, false)";
    client
        .query(context, &[&tenant, &user, &role])
        .await
        .unwrap();
    client
}

async fn count(client: &Client, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    client.query_one(&sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_themselves_are_locked() {
    let town = Town::new().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    let other = town.tenants.make("The Jones", BEN).await;
    let anna = town.person(ANNA).within(&family);
    Property::of(&anna).await;
    let database = &town.house.database;
    let tables = [
        "vehicles.vehicle",
        "vehicles.reading",
        "vehicles.instrument",
        "activity.entry",
    ];
    let member = as_serving(database, &family, ANNA, "owner").await;
    let (stranger, nobody) = (
        as_serving(database, &other, BEN, "owner").await,
        as_serving(database, "", "", "").await,
    );
    for table in tables {
        assert!(count(&member, table).await > 0, "{table}");
        assert_eq!(count(&stranger, table).await, 0, "{table}");
        assert_eq!(count(&nobody, table).await, 0, "{table}");
        for change in [
            format!("UPDATE {table} SET user_id = user_id"),
            format!("DELETE FROM {table}"),
        ] {
            let touched = stranger.execute(&change, &[]).await;
            assert!(touched.is_err() || touched.unwrap() == 0, "{change}");
        }
    }
    let viewer = as_serving(database, &family, ANNA, "viewer").await;
    let driver = as_serving(database, &family, BEN, "driver").await;
    for client in [&viewer, &driver] {
        let changed = client
            .execute("UPDATE vehicles.vehicle SET nickname = 'x'", &[])
            .await;
        assert_eq!(changed.unwrap(), 0);
    }
    let forged = "INSERT INTO activity.entry (id, tenant_id, user_id, action, subject, belongs_to)
                  SELECT gen_random_uuid(), tenant_id, 'auth0|ben', 'x', subject, belongs_to FROM activity.entry LIMIT 1";
    assert!(member.execute(forged, &[]).await.is_err());
    for change in [
        "UPDATE activity.entry SET action = 'x'",
        "DELETE FROM activity.entry",
    ] {
        assert_eq!(
            member.execute(change, &[]).await.unwrap_or(0),
            0,
            "{change}"
        );
    }
    // Every table that holds people's data is under it.
    let owner = database.superuser().await;
    let open = "SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE c.relkind = 'r' AND a.attname = 'tenant_id' AND NOT c.relrowsecurity AND c.relnamespace <> 'deferred'::regnamespace";
    let open: Option<String> = owner.query_one(open, &[]).await.unwrap().get(0);
    assert_eq!(open, None);
}
