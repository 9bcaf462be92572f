//! One path for routing, authorisation and forwarding.

use crate::door::{Door, KEY};

pub(crate) const REFUSED: &[&str] = &[
    "/open/../private",
    "/open/./x",
    "/open/..",
    "/open/.",
    "/../private",
    "/open/%2e%2e/private",
    "/open/%2E%2E/private",
    "/open/.%2e/private",
    "/open/%2e./private",
    "/open/%2e",
    "/open/..;/private",
    "/open/..;a=b/private",
    "/open/..%3b/private",
    "/open/.;/x",
    "/open;/private",
    "/open/a;b",
    "/open/a%3bb",
    "/open\\private",
    "/open/..\\private",
    "/open%5cprivate",
    "/open/..%5cprivate",
    "/open%5C..%5Cprivate",
    "/open%2fprivate",
    "/open%2Fprivate",
    "/open/..%2fprivate",
    "/open%2f..%2fprivate",
    "/open/%2e%2e%2fprivate",
    "/open%00",
    "/open/%00/private",
    "/open%0a",
    "/open/%0d%0aHost:%20x",
    "/open%7f",
    "/open//private",
    "/open//",
    "/open/%c0%ae%c0%ae/private",
    "/open/%c0%af",
    "/open/%e0%80%af",
    "/open/%f0%80%80%af",
    "/open/%ed%a0%80",
    "/open/%ff",
    "/open/%c3",
    "/open/%",
    "/open/%2",
    "/open/%zz",
    "/open/%u002e",
    "/open/%252e%252e/private",
    "/open/%25%32%65",
    "/open/<x>",
    "/open/{x}",
    "/open/\"x\"",
    "/open/^",
    "/open/|",
    "/open/`",
    "/platform/vehicles/../tenants",
    "/platform/vehicles;x=1/makes",
    "/platform/vehicles//makes",
    "/platform/vehicles/%2e%2e/tenants",
    "/platform/vehicles%2fmakes%2f..",
    "/open/%2e%2E;/private",
    "/open/%2e%2e%3b/private",
    "/open/...%2f../private",
    "/open/..%00/private",
    "/open/..%0d%0a",
    "/open/%09",
    "/open/%1f",
    "/open/%c1%9c..",
    "/open/%e2%28%a1",
    "/open/%f8%80%80%80%af",
    "/open/%fe",
    "/open/%f4%90%80%80",
    "/open/%25252e%25252e/private",
    "/open/%255c..",
    "/open/%5c%2e%2e%5cprivate",
    "/open///private",
    "/open/%2f/private",
    "/open/%;2e",
    "/open/%+2",
    "/open/%0x2e",
    "/open/a/%2e%2e/%2e%2e/private",
    "/open/a/..",
    "/open/a/./",
    "/open/[x]",
    "/open%3fx/..",
    "/open%23/../private",
];

pub(crate) const NOT_FOUND: &[&str] = &[
    "/",
    "/Open",
    "/OPEN",
    "/opened",
    "/open-x",
    "/platform",
    "/platform/vehicle",
    "/Platform/vehicles",
    "/platform/Vehicles/makes",
    "/platform/vehiclesx",
    "/vehicles/makes",
    "//private",
    "//open",
    "/;/private",
    "/metrics",
    "/health/",
    "/healthz",
    "/Health",
    "/open%2f",
    "/platform%2fvehicles",
    "/%2fprivate",
];

#[test]
fn a_path_that_could_mean_two_things_reaches_no_upstream() {
    for door in Door::both() {
        for path in REFUSED {
            let answer = door.ask(format!(
                "GET {path} HTTP/1.1\r\nHost: t\r\nX-API-Key: {KEY}\r\n\r\n"
            ));
            // Where the odd spelling belongs to no route at all, there is nothing to protect.
            assert!(
                matches!(answer.status, 400 | 404),
                "{path}: {}",
                answer.status
            );
        }
        for path in NOT_FOUND {
            let answer = door.ask(format!(
                "GET {path} HTTP/1.1\r\nHost: t\r\nX-API-Key: {KEY}\r\n\r\n"
            ));
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.code(), "not_found", "{path}");
        }
        assert_eq!(door.upstream.raw(), "");
    }
}

#[test]
fn an_escaped_spelling_is_authorised_and_forwarded_as_the_plain_one() {
    for door in Door::both() {
        // %70 is p, %72 is r: without a key the private route stays shut however it is spelled.
        for path in ["/%70rivate", "/p%72ivate/x", "/%70%72%69%76%61%74%65"] {
            assert_eq!(door.get(path).status, 401, "{path}");
        }
        assert_eq!(door.upstream.raw(), "");
        assert_eq!(
            door.get("/%6fpen/%7Euser/caf%c3%a9/a%20b?q=%2e%2e%2f&r=a+b")
                .status,
            200
        );
        assert_eq!(
            door.upstream.last().line(),
            "GET /open/~user/caf%C3%A9/a%20b?q=%2e%2e%2f&r=a+b HTTP/1.1"
        );
    }
}

#[test]
fn the_prefix_is_stripped_on_whole_segments_and_the_query_is_left_alone() {
    let door = Door::open();
    for (path, seen) in [
        ("/platform/vehicles", "/vehicles"),
        ("/platform/vehicles/", "/vehicles/"),
        ("/platform/vehicles?year=2022", "/vehicles?year=2022"),
        (
            "/platform/vehicles/makes?year=2022&x=%20%2F;//..",
            "/vehicles/makes?year=2022&x=%20%2F;//..",
        ),
    ] {
        let answer = door.ask(format!(
            "GET {path} HTTP/1.1\r\nHost: t\r\nX-API-Key: {KEY}\r\n\r\n"
        ));
        assert_eq!(answer.status, 200);
        assert_eq!(door.upstream.last().line(), format!("GET {seen} HTTP/1.1"));
    }
}

#[test]
fn a_route_may_permit_oddities_that_its_upstream_reads_as_written() {
    for door in Door::both() {
        for path in [
            "/odd/a;b=c",
            "/odd/a//b",
            "/odd/a%2Fb",
            "/odd/a%252Fb",
            "/odd//",
        ] {
            assert_eq!(door.get(path).status, 200, "{path}");
            assert_eq!(door.upstream.last().line(), format!("GET {path} HTTP/1.1"));
        }
        let before = door.upstream.seen().len();
        for path in [
            "/odd/..;/x",
            "/odd/a%2f..%2fb",
            "/odd/../open",
            "/odd/a%5cb",
            "/odd/%00",
        ] {
            assert_eq!(door.get(path).status, 400, "{path}");
        }
        assert_eq!(door.upstream.seen().len(), before);
    }
}

#[test]
fn an_absolute_target_for_the_same_host_is_forwarded_in_origin_form() {
    let door = Door::open();
    let answer = door.ask("GET http://T:80/open/x?y HTTP/1.1\r\nHost: t:80\r\n\r\n");
    assert_eq!(answer.status, 200);
    assert_eq!(door.upstream.last().line(), "GET /open/x?y HTTP/1.1");
    assert_eq!(
        door.ask("GET http://t/open/../private HTTP/1.1\r\nHost: t\r\n\r\n")
            .status,
        400
    );
    assert_eq!(
        door.ask("GET http://t/private HTTP/1.1\r\nHost: t\r\n\r\n")
            .status,
        401
    );
}

#[test]
fn a_wrong_method_is_told_which_are_right() {
    let door = Door::open();
    let answer = door.ask(format!(
        "DELETE /platform/vehicles/makes HTTP/1.1\r\nHost: t\r\nX-API-Key: {KEY}\r\n\r\n"
    ));
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD"))
    );
    assert_eq!(answer.code(), "method_not_allowed");
    let answer = door.ask("POST /health HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD"))
    );
    assert_eq!(door.upstream.raw(), "");
}
