//! The gateway's own key to the tenants platform is changed while both run.

use crate::door::{Door, eventually, write_key};
use crate::tenants_platform::{Customer, PLATFORM_KEY, TenantsPlatform};
use crate::upstream::{Upstream, ok};
use serde_json::json;

#[test]
fn a_new_key_to_the_platform_is_taken_up_when_the_old_one_is_refused() {
    let platform = TenantsPlatform::start();
    let Customer { tenant, key } =
        platform.customer("plenty", &json!({"title": "T", "quotas": {}}));
    let [unseen, other] = [(); 2].map(|()| platform.key_of(&tenant));
    let mut door = Door::with(Upstream::start(ok), |settings| {
        let secrets = settings["secrets_dir"].as_str().unwrap().to_owned();
        write_key(
            &std::path::Path::new(&secrets).join("platform"),
            PLATFORM_KEY,
        );
        settings["tenant_keys"] = json!({"url": format!("http://{}", platform.address),
            "key_file": "platform", "ask_again_s": 1});
        settings["routes"][0]["api_key"]["tenants"] = json!(true);
        settings["routes"][0]["api_key"]["upstream_key"] = json!("partner");
    });
    let ask = |key: &str| {
        door.ask(format!(
            "GET /platform/vehicles/makes HTTP/1.1\r\nHost: t\r\nX-API-Key: {key}\r\n\r\n"
        ))
        .status
    };
    // What is asked before the feed's first word is forgotten then.
    eventually("the feed is heard of", || {
        door.operator("/keys")["tenant_keys"]["confirmed_s_ago"].is_u64()
    });
    eventually("the key is known", || ask(&key) == 200);
    let fresh_key = "mvp_svc_gateway_fresh_0123456789";
    platform.change_key(fresh_key);
    // The platform's word on the gateway's key is no word on a tenant's: one that is known serves on, another may be good.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    for _ in 0..5 {
        assert_eq!((ask(&key), ask(&unseen)), (200, 503));
    }
    write_key(&door.key_file("platform"), fresh_key);
    eventually("the new key is taken up", || ask(&unseen) == 200);
    assert_eq!(ask(&other), 200);
    // So it is for the report of what passed.
    let stopped = door.stop();
    door.wait_for(stopped);
    let head = format!(
        "GET /tenants/{tenant}/usage HTTP/1.1\r\nHost: t\r\nX-API-Key: {fresh_key}\r\n\r\n"
    );
    let usage = crate::client::Client::connect(platform.address)
        .send(head)
        .answer();
    let used = usage.json()["quota"]["requests_per_day"]["used"].as_u64();
    assert!(used >= Some(8), "{}", usage.text());
}
