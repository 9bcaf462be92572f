//! Tests of the head's judge. The long tables of hostile heads are in the integration tests.

use super::*;
use proptest::prelude::*;

const LIMITS: HeadLimits = HeadLimits {
    target_bytes: 100,
    head_bytes: 1000,
    headers: 4,
};

fn of(headers: &str) -> Result<BodyFraming, Refusal> {
    judge(
        format!("POST / HTTP/1.1\r\n{headers}\r\n").as_bytes(),
        LIMITS,
    )
}

#[test]
fn the_framing_of_the_body_is_read() {
    assert_eq!(of("Host: t\r\n"), Ok(BodyFraming::None));
    assert_eq!(
        of("Host: t\r\nContent-Length: 0\r\n"),
        Ok(BodyFraming::None)
    );
    assert_eq!(
        of("Host: t\r\ncontent-length:\t7 \r\n"),
        Ok(BodyFraming::Length(7))
    );
    assert_eq!(
        of("Host: t\r\nTRANSFER-ENCODING: Chunked\r\n"),
        Ok(BodyFraming::Chunked)
    );
}

#[test]
fn good_hosts_are_taken() {
    for host in [
        "t",
        "shop.example",
        "mvp_backend:8000",
        "127.0.0.1:80",
        "[::1]",
        "[2001:db8::1]:8443",
    ] {
        assert_eq!(
            of(&format!("Host: {host}\r\n")),
            Ok(BodyFraming::None),
            "{host}"
        );
    }
}

#[test]
fn limits_hold_to_the_byte() {
    let with_target = |n: usize| format!("GET /{} HTTP/1.1\r\nHost: t\r\n\r\n", "a".repeat(n - 1));
    assert!(judge(with_target(100).as_bytes(), LIMITS).is_ok());
    assert_eq!(
        judge(with_target(101).as_bytes(), LIMITS),
        Err(Refusal::TargetTooLong)
    );
    assert!(of("Host: t\r\nA: 1\r\nB: 2\r\nC: 3\r\n").is_ok());
    assert_eq!(
        of("Host: t\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"),
        Err(Refusal::TooManyHeaders)
    );
}

#[test]
fn a_return_at_the_end_of_a_value_is_not_a_blank() {
    assert_eq!(of("Host: t\r\r\n"), Err(Refusal::HeaderValue));
    assert_eq!(
        of("Host: t\r\nContent-Length: 5\x0b\r\n"),
        Err(Refusal::HeaderValue)
    );
    assert_eq!(
        of("Host: t\r\nContent-Length: 5\x0c\r\n"),
        Err(Refusal::HeaderValue)
    );
}

proptest! {
    /// Two lengths, or a length and a coding, never pass, wherever and however they are written.
    #[test]
    fn contradictory_framing_never_passes(
        length in 0_u32..100, other in prop_oneof![Just("Transfer-Encoding: chunked"), Just("Content-Length: 3"), Just("content-length: 0")],
        flip in any::<bool>(), pad in "[ \\t]{0,3}",
    ) {
        let first = format!("CoNtEnT-LeNgTh:{pad}{length}{pad}\r\n");
        let second = format!("{other}\r\n");
        let headers = if flip { format!("Host: t\r\n{first}{second}") } else { format!("{second}Host: t\r\n{first}") };
        prop_assert!(of(&headers).is_err());
    }

    #[test]
    fn any_bytes_at_all_are_judged_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = judge(&bytes, LIMITS);
    }
}
