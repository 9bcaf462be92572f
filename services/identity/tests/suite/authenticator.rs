//! An authenticator in software: it makes passkeys and signs, truthfully or as a test wants it.

use crate::house::House;
use crate::person::{Page, Person};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU8, Ordering};

/// Present, verified.
pub(crate) const UP_UV: u8 = 0b101;
const WITH_CREDENTIAL: u8 = 1 << 6;

pub(crate) enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

impl Key {
    pub(crate) fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    pub(crate) fn eddsa() -> Self {
        Self::EdDsa(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn rs256() -> Self {
        Self::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    const fn algorithm(&self) -> i32 {
        match self {
            Self::Es256(_) => -7,
            Self::EdDsa(_) => -8,
            Self::Rs256(_) => -257,
        }
    }

    fn public(&self) -> Vec<u8> {
        let der = match self {
            Self::Es256(pair) => pair.public_key().as_der(),
            Self::EdDsa(pair) => pair.public_key().as_der(),
            Self::Rs256(pair) => pair.public_key().as_der(),
        };
        der.unwrap().as_ref().to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
                signed.unwrap();
                signature
            }
        }
    }
}

/// What is said of one question: all of it true, until a test changes it.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) kind: &'static str,
    pub(crate) challenge: String,
    pub(crate) origin: String,
    /// More members of the client data.
    pub(crate) more: Value,
    pub(crate) party: String,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    pub(crate) id: Vec<u8>,
    pub(crate) handle: Vec<u8>,
    pub(crate) algorithm: i32,
    pub(crate) public_key: Vec<u8>,
    pub(crate) breaks_signature: bool,
    /// After the authenticator's data.
    pub(crate) tail: Vec<u8>,
}

/// One passkey.
pub(crate) struct Passkey {
    key: Key,
    pub(crate) id: Vec<u8>,
    pub(crate) handle: Vec<u8>,
    origin: String,
    party: String,
}

pub(crate) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn bytes(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

impl Passkey {
    /// Not known to anybody yet.
    pub(crate) fn new(house: &House, key: Key) -> Self {
        static COUNT: AtomicU8 = AtomicU8::new(1);
        let origin = house.url.trim_end_matches("/auth").to_owned();
        Self {
            key,
            id: vec![COUNT.fetch_add(1, Ordering::Relaxed); 32],
            handle: Vec::new(),
            origin,
            party: "localhost".to_owned(),
        }
    }

    /// The truth about a question of either kind.
    pub(crate) fn say(&self, kind: &'static str, challenge: &Value) -> Said {
        Said {
            kind,
            challenge: challenge.as_str().unwrap().to_owned(),
            origin: self.origin.clone(),
            more: json!({ "crossOrigin": false }),
            party: self.party.clone(),
            flags: UP_UV,
            counter: 0,
            id: self.id.clone(),
            handle: self.handle.clone(),
            algorithm: self.key.algorithm(),
            public_key: self.key.public(),
            breaks_signature: false,
            tail: Vec::new(),
        }
    }

    /// As the page's script sends a sign-in.
    pub(crate) fn signed(&self, said: &Said) -> Vec<(&'static str, String)> {
        let (client_data, authenticator_data) = (said.client_data(), said.authenticator_data());
        let hash = digest(&SHA256, &client_data);
        let mut signature = self
            .key
            .sign(&[authenticator_data.as_slice(), hash.as_ref()].concat());
        if said.breaks_signature {
            *signature.last_mut().unwrap() ^= 1;
        }
        vec![
            ("id", text(&said.id)),
            ("user_handle", text(&said.handle)),
            ("client_data", text(&client_data)),
            ("authenticator_data", text(&authenticator_data)),
            ("signature", text(&signature)),
        ]
    }
}

impl Said {
    fn client_data(&self) -> Vec<u8> {
        let mut all =
            json!({ "type": self.kind, "challenge": self.challenge, "origin": self.origin });
        let members = all.as_object_mut().unwrap();
        members.extend(self.more.as_object().unwrap().clone());
        serde_json::to_vec(&all).unwrap()
    }

    fn authenticator_data(&self) -> Vec<u8> {
        let mut data = digest(&SHA256, self.party.as_bytes()).as_ref().to_vec();
        data.push(self.flags);
        data.extend(self.counter.to_be_bytes());
        if self.flags & WITH_CREDENTIAL != 0 {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            data.extend(&self.id);
        }
        data.extend(&self.tail);
        data
    }

    /// As the page's script sends a new passkey.
    pub(crate) fn made(&self) -> Vec<(&'static str, String)> {
        vec![
            ("name", "My phone".to_owned()),
            ("client_data", text(&self.client_data())),
            ("authenticator_data", text(&self.authenticator_data())),
            ("algorithm", self.algorithm.to_string()),
            ("public_key", text(&self.public_key)),
        ]
    }
}

/// What the script is told when it asks for a new passkey.
pub(crate) async fn ask_for_new(person: &Person, password: &str) -> Page {
    let page = person.get("/account/passkeys").await;
    let csrf = page.hidden("/account/passkeys")[0].1.clone();
    let fields = [
        ("csrf", csrf.as_str()),
        ("name", "My phone"),
        ("password", password),
    ];
    person.post("/account/passkeys/question", &fields).await
}

/// The truth about a new passkey.
pub(crate) async fn new_passkey(person: &Person, passkey: &mut Passkey) -> Said {
    let asked = ask_for_new(person, crate::house::PASSWORD).await;
    let question: Value = serde_json::from_str(&asked.is(200).text).unwrap();
    passkey.handle = bytes(&question["user"]["id"]);
    let mut said = passkey.say("webauthn.create", &question["challenge"]);
    said.flags |= WITH_CREDENTIAL;
    // What follows is the key as CBOR, which the service takes from the browser.
    said.tail = vec![0xa0];
    said
}

pub(crate) async fn send_new(person: &Person, said: &Said) -> Page {
    let page = person.get("/account/passkeys").await;
    let fields = said.made();
    let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    person.submit(&page, "/account/passkeys", &fields).await
}

/// A passkey that somebody who is signed in has added.
pub(crate) async fn added(house: &House, person: &Person, key: Key) -> Passkey {
    let mut passkey = Passkey::new(house, key);
    let said = new_passkey(person, &mut passkey).await;
    let done = send_new(person, &said).await;
    assert_eq!(done.is(303).location(), "/auth/account/passkeys");
    passkey
}

/// A question at the sign-in, and the page that asks it.
pub(crate) async fn ask(person: &Person, path: &str) -> (Page, Value) {
    let page = person.get(path).await;
    let csrf = page.hidden("/signin/passkey")[0].1.clone();
    let asked = person
        .post("/signin/passkey/question", &[("csrf", &csrf)])
        .await;
    assert_eq!(asked.headers["cache-control"], "no-store");
    let question = serde_json::from_str(&asked.is(200).text).unwrap();
    (page, question)
}

pub(crate) async fn send(person: &Person, page: &Page, fields: &[(&'static str, String)]) -> Page {
    let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    person.submit(page, "/signin/passkey", &fields).await
}

/// A sign-in; `change` makes something of it untrue.
pub(crate) async fn sign_in(
    person: &Person,
    passkey: &Passkey,
    change: impl Fn(&mut Said),
) -> Page {
    let (page, question) = ask(person, "/signin").await;
    let mut said = passkey.say("webauthn.get", &question["challenge"]);
    change(&mut said);
    send(person, &page, &passkey.signed(&said)).await
}
