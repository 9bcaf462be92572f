//! Tokens: signed here, and read back where they come back.

use super::domain::scope;
use super::families::Family;
use super::key_ring::{Key, signer};
use crate::features::accounts::Account;
use crate::settings::Settings;
use crate::state::State;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fault::Fault;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What an access token of ours says, when it comes back.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct AccessClaims {
    pub(super) sub: Uuid,
    pub(super) scope: String,
}

/// What an ID token of ours says, when it comes back as a hint.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct HintClaims {
    pub(super) sub: Uuid,
    pub(super) aud: String,
    pub(super) sid: Uuid,
}

/// An access token and an ID token.
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) id: String,
}

/// Makes both tokens for what a family may do. `scopes`: as the family's, or less.
pub(super) fn make(
    settings: &Settings,
    ring: &[Key],
    family: &Family,
    account: &Account,
    scopes: &str,
    nonce: Option<&str>,
) -> Result<Pair, Fault> {
    let key = signer(ring).ok_or_else(|| Fault::broken("no key signs", "none is ready"))?;
    let now = pg::now().as_second();
    let lasts = i64::from(settings.tokens.access_token_s);
    let common = json!({
        "iss": settings.issuer,
        "sub": account.id,
        "iat": now,
        "exp": now.saturating_add(lasts),
        "auth_time": family.auth_time.as_second(),
        "sid": family.session,
    });
    let access = with(
        &common,
        json!({
            "aud": settings.audience,
            "client_id": family.client_id,
            "jti": Uuid::now_v7(),
            "scope": scopes,
            "roles": [account.role],
        }),
    );
    let access = sign(key, "at+jwt", &access)?;
    let half = Sha256::digest(access.as_bytes());
    let (half, _) = half.split_at(16);
    let mut id = with(
        &common,
        json!({
            "aud": family.client_id,
            "amr": family.methods,
            "at_hash": URL_SAFE_NO_PAD.encode(half),
        }),
    );
    if let Some(nonce) = nonce {
        id.insert("nonce".to_owned(), nonce.into());
    }
    id.extend(about(account, scopes));
    let id = sign(key, "JWT", &id)?;
    Ok(Pair { access, id })
}

/// What a client may know of a person.
pub(super) fn about(account: &Account, scopes: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    if scope::has(scopes, "email") {
        claims.insert("email".to_owned(), account.email.as_str().into());
        claims.insert("email_verified".to_owned(), account.email_verified.into());
    }
    if scope::has(scopes, "profile") {
        claims.insert("name".to_owned(), account.name.as_str().into());
    }
    claims
}

fn with(common: &Value, more: Value) -> Map<String, Value> {
    let mut claims = common.as_object().cloned().unwrap_or_default();
    if let Value::Object(more) = more {
        claims.extend(more);
    }
    claims
}

/// A signed token (RFC 7515, compact).
fn sign(key: &Key, kind: &str, claims: &impl Serialize) -> Result<String, Fault> {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = encode(&json!({ "alg": "RS256", "typ": kind, "kid": key.kid }));
    let claims = serde_json::to_value(claims);
    let claims = claims.map_err(|error| Fault::broken("claims cannot be written", error))?;
    let text = format!("{header}.{}", encode(&claims));
    let mut signature = vec![0; key.pair.public_modulus_len()];
    let random = SystemRandom::new();
    let signed = key
        .pair
        .sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature);
    signed.map_err(|error| Fault::broken("a token cannot be signed", error))?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// What an access token says, if it is one of ours and in force.
pub(super) async fn read_access(state: &State, token: &str) -> Result<Option<AccessClaims>, Fault> {
    let mut rules = Validation::new(Algorithm::RS256);
    rules.leeway = 0;
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    rules.set_issuer(&[&state.settings.issuer]);
    rules.set_audience(&[&state.settings.audience]);
    read(state, token, "at+jwt", &rules).await
}

/// What an ID token says, if it is one of ours; it may have ended.
pub(super) async fn read_hint(state: &State, token: &str) -> Result<Option<HintClaims>, Fault> {
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.set_required_spec_claims(&["iss", "aud", "sub"]);
    rules.set_issuer(&[&state.settings.issuer]);
    let hint: Option<HintClaims> = read(state, token, "JWT", &rules).await?;
    Ok(hint.filter(|hint| state.settings.clients.contains_key(&hint.aud)))
}

async fn read<C: serde::de::DeserializeOwned + Clone>(
    state: &State,
    token: &str,
    kind: &str,
    rules: &Validation,
) -> Result<Option<C>, Fault> {
    let Ok(header) = decode_header(token) else {
        return Ok(None);
    };
    if header.typ.as_deref() != Some(kind) {
        return Ok(None);
    }
    let ring = state.keys.ring(state).await?;
    let key = ring
        .iter()
        .find(|key| header.kid.as_ref() == Some(&key.kid));
    let key = key.and_then(|key| DecodingKey::from_rsa_components(&key.n, &key.e).ok());
    let claims = key.and_then(|key| decode::<C>(token, &key, rules).ok());
    Ok(claims.map(|data| data.claims))
}
