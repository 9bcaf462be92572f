//! Tests of the tracker: where requests end, whatever way the bytes are cut.

use super::*;
use proptest::prelude::*;

const LIMITS: HeadLimits = HeadLimits {
    target_bytes: 8192,
    head_bytes: 32_768,
    headers: 100,
};

fn tracker() -> Tracker {
    Tracker::new(LIMITS)
}

/// Feeds pieces the way the stream does: what is not passed is presented again.
fn feed(pieces: &[&[u8]]) -> (usize, Option<Refusal>, bool) {
    let mut tracker = tracker();
    let mut held: Vec<u8> = Vec::new();
    let mut passed = 0;
    for piece in pieces {
        held.extend_from_slice(piece);
        let progress = tracker.follow(&held);
        passed += progress.passed;
        held.drain(..progress.passed);
        if progress.refused.is_some() {
            return (passed, progress.refused, tracker.in_head());
        }
    }
    (passed, None, tracker.in_head())
}

#[test]
fn a_head_passes_only_when_it_is_complete() {
    let head = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n";
    for cut in 0..head.len() {
        assert_eq!(
            tracker().follow(&head[..cut]),
            Progress {
                passed: 0,
                refused: None
            }
        );
    }
    assert_eq!(
        tracker().follow(head),
        Progress {
            passed: head.len(),
            refused: None
        }
    );
}

#[test]
fn the_request_behind_a_body_is_judged_too() {
    let good = b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbody";
    let mut both = good.to_vec();
    both.extend_from_slice(b"GET / HTTP/1.1\nHost: t\r\n\r\n");
    let progress = tracker().follow(&both);
    assert_eq!(
        progress,
        Progress {
            passed: good.len(),
            refused: Some(Refusal::BareLf)
        }
    );
}

#[test]
fn a_body_may_look_like_a_hostile_head() {
    let body = "GET / HTTP/1.1\n\n";
    let all = format!(
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(feed(&[all.as_bytes()]), (all.len(), None, true));
}

/// A conversation of requests, each with its framing, and where each ends.
fn conversation() -> impl Strategy<Value = Vec<u8>> {
    let request = prop_oneof![
        Just(b"GET /a HTTP/1.1\r\nHost: t\r\n\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 1..40).prop_map(|body| {
            let mut bytes = format!(
                "POST /b HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n",
                body.len()
            )
            .into_bytes();
            bytes.extend(body);
            bytes
        }),
        prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..4).prop_map(|chunks| {
            let mut bytes =
                b"POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for chunk in chunks {
                bytes.extend(format!("{:X};e=1\r\n", chunk.len()).bytes());
                bytes.extend(chunk);
                bytes.extend(b"\r\n");
            }
            bytes.extend(b"0\r\nX-T: 1\r\n\r\n");
            bytes
        }),
    ];
    prop::collection::vec(request, 1..5).prop_map(|requests| requests.concat())
}

proptest! {
    #[test]
    fn good_conversations_pass_whole_however_they_are_cut(bytes in conversation(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(feed(&pieces), (bytes.len(), None, true));
    }

    #[test]
    fn a_verdict_does_not_depend_on_how_the_bytes_are_cut(bytes in prop::collection::vec(prop::sample::select(&b"GET /\r\n: aH0HTTP/1.1\n"[..]), 0..60)) {
        let whole = feed(&[&bytes]);
        let singly: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(feed(&singly), whole);
    }
}
