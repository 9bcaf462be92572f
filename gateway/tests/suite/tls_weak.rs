//! Hellos of old and weak TLS, written by hand: each gets a fatal alert.

use crate::door::Door;
use crate::tls_client::Pair;
use crate::upstream::{Upstream, ok};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const SSL3: u16 = 0x0300;
const TLS10: u16 = 0x0301;
const TLS11: u16 = 0x0302;
const TLS12: u16 = 0x0303;

const P256: u16 = 23;
const X25519: u16 = 29;
const ECDSA_P256_SHA256: u16 = 0x0403;

/// What a client offers.
struct Hello {
    version: u16,
    suites: &'static [u16],
    groups: &'static [u16],
    signatures: &'static [u16],
    compression: &'static [u8],
}

const GOOD: Hello = Hello {
    version: TLS12,
    // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    suites: &[0xc02b],
    groups: &[X25519, P256],
    signatures: &[ECDSA_P256_SHA256],
    compression: &[0],
};

fn list(values: &[u16]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
    [
        &u16::try_from(bytes.len()).unwrap().to_be_bytes()[..],
        &bytes,
    ]
    .concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), body].concat()
}

impl Hello {
    /// RFC 5246 §7.4.1.2.
    fn bytes(&self) -> Vec<u8> {
        let name = b"localhost";
        let server = [&[0, 12, 0, 0, 9][..], name].concat();
        let extensions = [
            extension(0, &server),
            extension(10, &list(self.groups)),
            extension(11, &[1, 0]),
            extension(13, &list(self.signatures)),
            // Extended master secret.
            extension(23, &[]),
        ]
        .concat();
        let mut body = self.version.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.push(0);
        body.extend(list(self.suites));
        body.push(u8::try_from(self.compression.len()).unwrap());
        body.extend_from_slice(self.compression);
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
        let length = u16::try_from(body.len()).unwrap();
        let mut record = vec![0x16, 3, 1];
        record.extend((length + 4).to_be_bytes());
        record.extend([1, 0]);
        record.extend(length.to_be_bytes());
        record.extend(body);
        record
    }
}

/// The first bytes of the gateway's answer.
fn answer(door: &Door, hello: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(door.tls_address.unwrap()).unwrap();
    let patience = Some(Duration::from_secs(10));
    socket.set_read_timeout(patience).unwrap();
    socket.write_all(hello).unwrap();
    let mut answer = [0; 6];
    let read = socket.read_exact(&mut answer);
    assert!(read.is_ok(), "{read:?}");
    answer.to_vec()
}

/// Suites that no client should be given, by what is wrong with them.
const SUITES: &[(&str, &[u16])] = &[
    ("no encryption", &[0x0001, 0x0002, 0x003b, 0xc006, 0xc010]),
    (
        "nobody's certificate",
        &[0x0034, 0x003a, 0x006c, 0x00a6, 0xc018, 0xc019],
    ),
    ("export", &[0x0003, 0x0006, 0x0008, 0x0014]),
    ("RC4", &[0x0004, 0x0005, 0xc007, 0xc011]),
    ("DES", &[0x0009, 0x0015]),
    ("triple DES", &[0x000a, 0x0016, 0xc008, 0xc012]),
    (
        "no forward secrecy",
        &[0x002f, 0x0035, 0x003c, 0x003d, 0x009c, 0x009d],
    ),
    ("AES-CBC by ECDSA", &[0xc009, 0xc00a, 0xc023, 0xc024]),
    ("AES-CBC by RSA", &[0xc013, 0xc014, 0xc027, 0xc028]),
    (
        "finite-field Diffie-Hellman",
        &[0x0033, 0x0039, 0x0067, 0x009e, 0x009f, 0xccaa],
    ),
    (
        "CAMELLIA and SEED and IDEA",
        &[0x0041, 0x0084, 0x0096, 0x0007],
    ),
    ("CCM of eight bytes", &[0xc0ae, 0xc0af]),
    ("pre-shared keys", &[0x008c, 0x00a8, 0xd001]),
    ("suites of TLS 1.3 alone", &[0x1301, 0x1302]),
    ("the mark of a fallback alone", &[0x5600]),
];

fn weak() -> Vec<(&'static str, Hello)> {
    let version = |version| Hello { version, ..GOOD };
    let signatures = |signatures| Hello { signatures, ..GOOD };
    let groups = |groups| Hello { groups, ..GOOD };
    let old = Hello {
        suites: &[0xc013, 0x2f],
        ..version(TLS10)
    };
    let packed = Hello {
        compression: &[1],
        ..GOOD
    };
    let mut all = vec![
        ("SSL 3", version(SSL3)),
        ("TLS 1.0", version(TLS10)),
        ("TLS 1.1", version(TLS11)),
        ("TLS 1.0 with its suites", old),
        ("signatures with SHA-1", signatures(&[0x0203, 0x0201])),
        ("signatures with MD5", signatures(&[0x0101])),
        ("curves of 160 bits", groups(&[15, 16, 17])),
        ("curves of characteristic two", groups(&[1, 6, 9, 13])),
        ("curves of nobody", groups(&[0x7777])),
        ("compression alone", packed),
    ];
    let suites = SUITES.iter();
    all.extend(suites.map(|(name, suites)| (*name, Hello { suites, ..GOOD })));
    all
}

#[test]
fn old_versions_and_weak_suites_are_refused() {
    let pair = Pair::new();
    let door = Door::with(Upstream::start(ok), |json| json["tls"] = pair.settings());
    // The same hello with what is good gets a ServerHello, so it is the offer that is refused.
    let good = answer(&door, &GOOD.bytes());
    assert_eq!((good[0], good[5]), (0x16, 2), "{good:?}");
    for (name, hello) in weak() {
        let answer = answer(&door, &hello.bytes());
        assert_eq!((answer[0], answer[5]), (0x15, 2), "{name}: {answer:?}");
    }
}

#[test]
fn broken_hellos_are_refused() {
    let pair = Pair::new();
    let door = Door::with(Upstream::start(ok), |json| json["tls"] = pair.settings());
    let good = GOOD.bytes();
    let mut cut = good.clone();
    let length = cut.len();
    cut[8] -= 9;
    let mut large = good.clone();
    large[3] = 0x7f;
    let mut other = good.clone();
    other[5] = 2;
    for (name, hello) in [
        ("shorter within than without", cut),
        ("a record of 32 kB", [large, vec![0; 33_000]].concat()),
        ("an answer as hello", other),
        ("an alert", vec![0x15, 3, 3, 0, 2, 2, 40]),
        ("data before any key", vec![0x17, 3, 3, 0, 2, 1, 1]),
        (
            "a hello of SSL 2",
            vec![0x80, 0x2e, 1, 0, 2, 0, 3, 0, 0, 0, 16, 1, 0, 0x80],
        ),
        ("HTTP", b"GET /open HTTP/1.1\r\nHost: t\r\n\r\n".to_vec()),
    ] {
        let mut socket = TcpStream::connect(door.tls_address.unwrap()).unwrap();
        let patience = Some(Duration::from_secs(10));
        socket.set_read_timeout(patience).unwrap();
        let _ = socket.write_all(&hello);
        let mut answer = Vec::new();
        let read = socket.read_to_end(&mut answer);
        let open = matches!(&read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!open, "{name} of {length} bytes leaves it open");
        assert!(
            matches!(answer.first(), None | Some(0x15)),
            "{name}: {answer:?}"
        );
    }
    assert_eq!(door.upstream.raw(), "");
}
