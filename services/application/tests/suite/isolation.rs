//! Nobody reaches what is somebody else's: every route of the document, and the rows themselves.

use crate::photos::{jpeg, put};
use crate::town::{ANNA, BEN, Person, Town};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{Answer, Database};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

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

/// About who asks, and nobody else.
const OF_PEOPLE: [&str; 1] = ["/api/me"];

/// A route that is about people's data.
struct Route {
    method: Method,
    path: String,
    /// A body that it takes from who may: the example in the document.
    body: Option<Value>,
    /// Whether it is about a tenant, or about who asks alone.
    of_tenant: bool,
}

impl Route {
    /// Every one of the document.
    async fn all(town: &Town) -> Vec<Self> {
        let document = town.house.get("/openapi.json").await.is(200);
        let mut routes = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            if PUBLIC.contains(&path.as_str()) || OF_NOBODY.contains(&path.as_str()) {
                continue;
            }
            for (method, operation) in item.as_object().unwrap() {
                routes.push(Self {
                    method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                    path: path.clone(),
                    body: example(&document, operation),
                    of_tenant: operation["parameters"]
                        .as_array()
                        .is_some_and(|all| all.iter().any(|it| it["name"] == "X-Tenant-Id")),
                });
            }
        }
        assert!(routes.len() >= 20);
        let of_people = routes.iter().filter(|route| !route.of_tenant);
        let of_people: Vec<&str> = of_people.map(|route| route.path.as_str()).collect();
        assert_eq!(of_people, OF_PEOPLE, "is it about a tenant?");
        routes
    }

    async fn ask(&self, person: &Person<'_>, property: &Property) -> Answer {
        let (at, read) = (property.at(&self.path), [("If-Match", "*")]);
        let method = self.method.clone();
        person.send(method, &at, &read, self.body.clone()).await
    }
}

fn example(document: &Value, operation: &Value) -> Option<Value> {
    let json = &operation["requestBody"]["content"]["application/json"];
    let name = json["schema"]["$ref"].as_str()?.rsplit('/').next()?;
    let example = &document["components"]["schemas"][name]["example"];
    assert!(example.is_object(), "the document has no example of {name}");
    Some(example.clone())
}

/// Anna's things, by the names that they have in paths.
struct Property {
    ids: Vec<(&'static str, String)>,
    /// Where they can be looked at.
    paths: Vec<String>,
    /// Where her picture is.
    photo: String,
}

impl Property {
    async fn of(town: &Town, anna: &Person<'_>) -> Self {
        let mut property = Self {
            ids: Vec::new(),
            paths: Vec::new(),
            photo: String::new(),
        };
        let car = json!({ "nickname": "Secret" });
        let car = property.add(anna, "vehicle", "/api/vehicles", car).await;
        let (log, instruments) = (format!("{car}/readings"), format!("{car}/instruments"));
        let read = json!({ "distance": 10, "note": "Secret" });
        property.add(anna, "reading", &log, read).await;
        let replaced = json!({ "kind": "hour_meter", "since": "2023-01-01T00:00:00Z", "old_value": 9, "new_value": 0 });
        let replaced = anna.post(&instruments, replaced).await;
        property
            .ids
            .push(("instrument", last(replaced.header("location"))));
        property
            .paths
            .extend([log, instruments, format!("{car}/activity")]);
        let photo = format!("{car}/photo");
        put(town, anna, &photo, jpeg()).await.is(204);
        property.photo = photo;
        // A new capsule's things are added here.
        property
    }

    /// Adds a thing, and says where it is.
    async fn add(
        &mut self,
        anna: &Person<'_>,
        name: &'static str,
        path: &str,
        body: Value,
    ) -> String {
        let key = [("Idempotency-Key", name)];
        let added = anna.send(Method::POST, path, &key, Some(body)).await;
        added.is(201);
        let location = added.header("location").to_owned();
        self.ids.push((name, last(&location)));
        self.paths.push(location.clone());
        location
    }

    fn at(&self, path: &str) -> String {
        let named = self.ids.iter().fold(path.to_owned(), |at, (name, id)| {
            at.replace(&format!("{{{name}}}"), id)
        });
        assert!(!named.contains('{'), "what is the id in {named}?");
        named
    }

    /// All that can be seen of it.
    async fn seen(&self, by: &Person<'_>) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in &self.paths {
            seen.push(by.get(path).await.is(200));
        }
        let photo = by.get(&self.photo).await;
        assert_eq!(photo.status, 200);
        seen.push(json!([photo.header("etag"), photo.text]));
        seen
    }
}

fn last(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_gives_a_stranger_anything_or_changes_anything_for_one() {
    let town = Town::new().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    let anna = town.person(ANNA).within(&family);
    let property = Property::of(&town, &anna).await;
    let before = property.seen(&anna).await;
    for route in Route::all(&town).await {
        let what = format!("{} {}", route.method, route.path);
        let (method, at) = (route.method.clone(), property.at(&route.path));
        let anonymous = town.house.send(method, &at, &[], route.body.clone()).await;
        anonymous.is_problem(401, "token_missing");
        // In the tenant that he does not belong to.
        let intruder = town.person(BEN).within(&family);
        let answer = route.ask(&intruder, &property).await;
        if route.of_tenant {
            answer.is_problem(404, "not_found");
        } else {
            assert!(!answer.text.contains(&family), "{what}: {}", answer.text);
        }
        // With her ids, in his own.
        let answer = route.ask(&town.person(BEN), &property).await;
        if route.path.contains('{') {
            assert_eq!(answer.status, 404, "{what}: {}", answer.text);
        } else {
            assert!(!answer.text.contains("Secret"), "{what}");
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
    let property = Property::of(&town, &anna).await;
    let before = property.seen(&anna).await;
    for route in Route::all(&town).await {
        if route.method != Method::GET {
            let answer = route.ask(&ben, &property).await;
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
    Property::of(&town, &anna).await;
    let database = &town.house.database;
    let tables = [
        "vehicles.vehicle",
        "vehicles.reading",
        "vehicles.instrument",
        "vehicles.photo",
        "idempotency.request",
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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_down_is_forgotten_by_the_worker_alone_and_of_one_tenant() {
    let town = Town::new().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    let other = town.tenants.make("The Jones", BEN).await;
    let anna = town.person(ANNA).within(&family);
    let car = anna.add(json!({ "nickname": "Secret" })).await;
    let car: Uuid = last(&car).parse().unwrap();
    let database = &town.house.database;
    let member = as_serving(database, &family, ANNA, "owner").await;
    let stranger = as_serving(database, &other, BEN, "system").await;
    let worker = as_serving(database, &family, ANNA, "system").await;
    let left = "activity.entry WHERE changes <> '{}'";
    for (client, expected) in [(&member, 1), (&stranger, 1), (&worker, 0)] {
        let blank = "SELECT activity.blank($1)";
        client.execute(blank, &[&car]).await.unwrap();
        assert_eq!(count(&member, left).await, expected);
    }
    assert_eq!(count(&member, "activity.entry").await, 1);
}
