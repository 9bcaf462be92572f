//! Events on their way to other programs.

use crate::house::House;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use test_kit::Answer;
use test_kit::eventually_async;

/// What was sent to the receiver: its headers and its body.
type Sent = (Vec<(String, String)>, String);

/// Somebody else's program. It answers what it is told, then 204.
struct Receiver {
    url: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Receiver {
    fn new(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let sent = Arc::new(Mutex::new(Vec::new()));
        let answers = Mutex::new(answers.iter().copied().collect::<VecDeque<_>>());
        let kept = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let request = read(&mut BufReader::new(stream.as_ref().unwrap()));
                kept.lock().unwrap().push(request);
                let status = answers.lock().unwrap().pop_front().unwrap_or(204);
                let answer = format!(
                    "HTTP/1.1 {status} x\r\nconnection: close\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
                );
                stream.unwrap().write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { url, sent }
    }

    fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

fn read(stream: &mut BufReader<&TcpStream>) -> Sent {
    let mut headers = Vec::new();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    loop {
        line.clear();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = header(&headers, "content-length").parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (headers, String::from_utf8(body).unwrap())
}

fn header(headers: &[(String, String)], name: &str) -> String {
    headers
        .iter()
        .find(|(key, _)| key == name)
        .unwrap()
        .1
        .clone()
}

async fn house() -> House {
    house_that_tries("3").await
}

async fn house_that_tries(attempts: &str) -> House {
    let settings = [
        ("WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "true"),
        ("WEBHOOKS__FIRST_DELAY_MS", "100"),
        ("WEBHOOKS__LONGEST_DELAY_MS", "200"),
        ("WEBHOOKS__ATTEMPTS", attempts),
    ];
    House::with(1, &settings).await
}

async fn subscribe(house: &House, url: &str, kinds: Value) -> Value {
    let body = json!({ "url": url, "event_types": kinds });
    house.post("/tenants/webhooks", body).await.is(201)
}

async fn deliveries(house: &House, webhook: &Value) -> Answer {
    let id = webhook["id"].as_str().unwrap();
    house
        .get(&format!("/tenants/webhooks/{id}/deliveries"))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_arrives_signed_and_only_where_it_was_asked_for() {
    let house = house().await;
    let (all, some) = (Receiver::new(&[]), Receiver::new(&[]));
    let webhook = subscribe(&house, &all.url, json!([])).await;
    subscribe(&house, &some.url, json!(["member", "tenant.activated"])).await;
    house.tenant("family").await;
    eventually_async("the events arrive", || async {
        all.sent().len() >= 3 && some.sent().len() >= 2
    })
    .await;
    let kinds: Vec<String> = some
        .sent()
        .iter()
        .map(|(_, body)| {
            serde_json::from_str::<Value>(body).unwrap()["type"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(
        kinds.contains(&"member.added".to_owned())
            && kinds.contains(&"tenant.activated".to_owned())
    );
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    for sent in all.sent() {
        assert!(is_signed_by(&sent, &webhook["secret"]));
        let id = header(&sent.0, "webhook-id");
        assert_eq!(serde_json::from_str::<Value>(&sent.1).unwrap()["id"], id);
    }
}

/// Whether one of the signatures of what was sent is by this secret.
fn is_signed_by((headers, body): &Sent, secret: &Value) -> bool {
    let secret = secret.as_str().unwrap().strip_prefix("whsec_").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(secret).unwrap());
    let (id, at) = (
        header(headers, "webhook-id"),
        header(headers, "webhook-timestamp"),
    );
    let signed = format!("{id}.{at}.{body}");
    header(headers, "webhook-signature")
        .split(' ')
        .any(|signature| {
            let tag = STANDARD.decode(signature.strip_prefix("v1,").unwrap());
            hmac::verify(&key, signed.as_bytes(), &tag.unwrap()).is_ok()
        })
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_day_after_a_secret_has_changed_both_sign() {
    let house = house().await;
    let receiver = Receiver::new(&[]);
    let webhook = subscribe(&house, &receiver.url, json!(["tenant.created"])).await;
    let path = format!("/tenants/webhooks/{}", webhook["id"].as_str().unwrap());
    let rotate = format!("{path}/rotate-secret");
    let rotated = house.post(&rotate, json!({})).await.is(200);
    let sent = async |count: usize| {
        house.tenant("family").await;
        eventually_async("it arrives", || async { receiver.sent().len() == count }).await;
        receiver.sent()[count - 1].clone()
    };
    let both = sent(1).await;
    assert!(is_signed_by(&both, &webhook["secret"]));
    assert!(is_signed_by(&both, &rotated["secret"]));
    let database = house.database.superuser().await;
    let day_is_over = "UPDATE webhooks.endpoint SET previous_until = now() - interval '1 s'";
    database.execute(day_is_over, &[]).await.unwrap();
    let one = sent(2).await;
    assert!(!is_signed_by(&one, &webhook["secret"]));
    assert!(is_signed_by(&one, &rotated["secret"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_with_the_same_id_and_given_up_in_the_end() {
    let house = house().await;
    let receiver = Receiver::new(&[500, 302]);
    let webhook = subscribe(&house, &receiver.url, json!(["tenant.created"])).await;
    house.tenant("family").await;
    eventually_async("it is delivered at the third attempt", || async {
        deliveries(&house, &webhook).await.is(200)["data"][0]["state"] == "delivered"
    })
    .await;
    let ids: Vec<_> = receiver
        .sent()
        .iter()
        .map(|(headers, _)| header(headers, "webhook-id"))
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");

    let dead = Receiver::new(&[500, 500, 500]);
    let webhook = subscribe(&house, &dead.url, json!(["tenant.created"])).await;
    house.tenant("family").await;
    eventually_async("it is given up", || async {
        deliveries(&house, &webhook).await.is(200)["data"][0]["state"] == "failed"
    })
    .await;
    let list = deliveries(&house, &webhook).await.is(200);
    let delivery = &list["data"][0];
    assert_eq!(
        (&delivery["attempts"], &delivery["last_status"]),
        (&json!(3), &json!(500))
    );
    let path = format!(
        "/tenants/webhooks/{}/deliveries/{}/replay",
        webhook["id"].as_str().unwrap(),
        delivery["id"].as_str().unwrap()
    );
    house.post(&path, json!({})).await.is(202);
    eventually_async("the replay is delivered", || async {
        deliveries(&house, &webhook).await.is(200)["data"][0]["state"] == "delivered"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_switched_off() {
    let house = house().await;
    let receiver = Receiver::new(&[410]);
    let webhook = subscribe(&house, &receiver.url, json!(["tenant.created"])).await;
    house.tenant("family").await;
    let path = format!("/tenants/webhooks/{}", webhook["id"].as_str().unwrap());
    eventually_async("it is off", || async {
        house.get(&path).await.is(200)["enabled"] == false
    })
    .await;
    let switched = "/tenants/audit?action=webhook.switched_off";
    let entry = house.get(switched).await.is(200)["data"][0].clone();
    assert_eq!(entry["subject"], webhook["id"], "{entry}");
    assert_eq!(entry["consumer"], "tenants-platform");
    let on = json!({ "enabled": true, "description": "again" });
    let changed = house
        .send(Method::PATCH, &path, &[], Some(on))
        .await
        .is(200);
    assert_eq!(
        (&changed["enabled"], &changed["description"]),
        (&json!(true), &json!("again"))
    );
    let rotated = house
        .post(&format!("{path}/rotate-secret"), json!({}))
        .await
        .is(200);
    assert_ne!(rotated["secret"], webhook["secret"]);
    house.delete(&path).await.is(204);
    house.get(&path).await.is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_never_answers_keeps_no_other_waiting() {
    let house = house().await;
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    subscribe(&house, &url, json!(["tenant.created"])).await;
    let well = Receiver::new(&[]);
    subscribe(&house, &well.url, json!(["tenant.created"])).await;
    for _ in 0..40 {
        house.tenant("personal").await;
    }
    eventually_async("the other one has them all", || async {
        well.sent().len() == 40
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_switched_off_is_left_alone_until_it_is_on_again() {
    let house = house_that_tries("50").await;
    let receiver = Receiver::new(&[500; 100]);
    let webhook = subscribe(&house, &receiver.url, json!(["tenant.created"])).await;
    house.tenant("family").await;
    eventually_async("it is tried", || async { receiver.sent().len() >= 2 }).await;
    let path = format!("/tenants/webhooks/{}", webhook["id"].as_str().unwrap());
    let switch = async |enabled: bool| {
        let body = json!({ "enabled": enabled });
        let answer = house.send(Method::PATCH, &path, &[], Some(body)).await;
        answer.is(200);
    };
    switch(false).await;
    // What was on its way arrives.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let sent = receiver.sent().len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.sent().len(), sent);
    switch(true).await;
    eventually_async("it is tried again", || async {
        receiver.sent().len() > sent
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_tenant_that_is_not_there_cannot_be_subscribed_to() {
    let house = house().await;
    let nobody = uuid::Uuid::new_v4();
    let body = json!({ "url": "https://example.com", "tenant_id": nobody });
    let refused = house.post("/tenants/webhooks", body).await;
    refused.names(422, "/body/tenant_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_into_our_own_network() {
    let settings = [
        ("WEBHOOKS__FIRST_DELAY_MS", "100"),
        ("WEBHOOKS__ATTEMPTS", "1"),
    ];
    let house = House::with(1, &settings).await;
    let receiver = Receiver::new(&[]);
    let port = receiver.url.rsplit(':').next().unwrap().to_owned();
    let mut webhooks = Vec::new();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
    ] {
        let url = format!("http://{host}:{port}");
        webhooks.push(subscribe(&house, &url, json!(["tenant.created"])).await);
    }
    house.tenant("family").await;
    for webhook in &webhooks {
        eventually_async("it is refused", || async {
            deliveries(&house, webhook).await.is(200)["data"][0]["state"] == "failed"
        })
        .await;
        let delivery = deliveries(&house, webhook).await.is(200)["data"][0].clone();
        assert_eq!(delivery["last_status"], Value::Null, "{delivery}");
    }
    assert!(receiver.sent().is_empty());
    for url in [
        "ftp://example.com",
        "example.com",
        "http://user:pw@example.com",
        "file:///etc/passwd",
    ] {
        let refused = house.post("/tenants/webhooks", json!({ "url": url })).await;
        refused.names(422, "/body/url");
    }
}
