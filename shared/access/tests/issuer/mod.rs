//! An issuer that serves its keys on loopback, and the keys it signs with.

use access::{TokenSettings, TokenVerifier};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use rcgen::{KeyPair, RsaKeySize};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const AUDIENCE: &str = "motovaultpro";

/// An issuer's web server; what it answers can be changed while it runs.
pub(crate) struct Issuer {
    pub(crate) url: String,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    pub(crate) fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Self {
            url: url.clone(),
            answer: Arc::default(),
            asked: Arc::default(),
        };
        issuer.publish(keys);
        let (answer, asked) = (Arc::clone(&issuer.answer), Arc::clone(&issuer.asked));
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let Ok(mut socket) = socket else { return };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if socket.read(&mut byte).unwrap_or(0) == 0 {
                        break;
                    }
                    head.push(byte[0]);
                }
                let answer = if head.starts_with(b"GET /.well-known") {
                    ok(&json!({"issuer": url, "jwks_uri": format!("{url}/keys")}).to_string())
                } else {
                    asked.fetch_add(1, Ordering::SeqCst);
                    answer.lock().unwrap().clone()
                };
                let _ = socket.write_all(answer.as_bytes());
            }
        });
        issuer
    }

    pub(crate) fn publish(&self, keys: &[Value]) {
        self.say(&ok(&json!({"keys": keys}).to_string()));
    }

    pub(crate) fn say(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap());
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn settings(&self) -> TokenSettings {
        serde_json::from_value(json!({
            "issuer": self.url, "audience": AUDIENCE, "jwks_url": format!("{}/keys", self.url),
        }))
        .unwrap()
    }

    pub(crate) fn verifier(&self) -> TokenVerifier {
        TokenVerifier::new(&self.settings())
    }

    pub(crate) fn claims(&self) -> Value {
        json!({"iss": self.url, "aud": AUDIENCE, "sub": "auth0|anna", "exp": now() + 600, "scope": "a b"})
    }
}

pub(crate) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A key pair of the issuer.
pub(crate) struct Key {
    id: &'static str,
    algorithm: Algorithm,
    pub(crate) pair: KeyPair,
    pub(crate) signing: EncodingKey,
}

impl Key {
    pub(crate) fn new(id: &'static str, algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::RS256 => {
                KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)
            }
            Algorithm::ES256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            _ => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        }
        .unwrap();
        let pem = pair.serialize_pem();
        let signing = match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
            Algorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
            _ => EncodingKey::from_ed_pem(pem.as_bytes()),
        }
        .unwrap();
        Self {
            id,
            algorithm,
            pair,
            signing,
        }
    }

    pub(crate) fn public(&self) -> Value {
        let jwk = if self.algorithm == Algorithm::EdDSA {
            let key = DecodingKey::from_ed_der(self.pair.public_key_raw());
            Jwk::from_decoding_key(&key, Some(self.algorithm)).unwrap()
        } else {
            Jwk::from_encoding_key(&self.signing, self.algorithm).unwrap()
        };
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    pub(crate) fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        header
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.signing).unwrap()
    }
}
