//! An issuer's public keys: which of them are used, and with which algorithm.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use std::collections::HashMap;

/// More keys than any issuer has at a time.
const MAX_KEYS: usize = 64;
/// Longer key ids are nobody's.
pub(crate) const MAX_KEY_ID_BYTES: usize = 128;
/// 2048 bits in base64; shorter RSA keys are no longer safe (NIST SP 800-131A).
const MIN_RSA_MODULUS_CHARS: usize = 342;

/// A key and the one algorithm it is for.
#[derive(Debug, Clone)]
pub(crate) struct PublicKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

/// The usable keys of a JWKS document by their ids; None when it is no such document.
pub(crate) fn parse(document: &[u8]) -> Option<HashMap<String, PublicKey>> {
    let document: Document = serde_json::from_slice(document).ok()?;
    let keys = document.keys.into_iter().take(MAX_KEYS);
    // A key of a kind that is not known here does not spoil the others.
    let usable = keys.filter_map(|key| usable(&serde_json::from_value(key).ok()?));
    Some(usable.collect())
}

fn usable(jwk: &Jwk) -> Option<(String, PublicKey)> {
    let id = jwk.common.key_id.as_ref()?;
    if id.is_empty() || id.len() > MAX_KEY_ID_BYTES {
        return None;
    }
    match jwk.common.public_key_use {
        None | Some(PublicKeyUse::Signature) => {}
        Some(_) => return None,
    }
    let algorithm = algorithm_of(jwk)?;
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((id.clone(), PublicKey { algorithm, key }))
}

/// The key's own algorithm; what it does not say follows from its kind. Shared secrets never pass:
/// whoever reads a published one could sign.
fn algorithm_of(jwk: &Jwk) -> Option<Algorithm> {
    let named = jwk.common.key_algorithm;
    match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if rsa.n.len() >= MIN_RSA_MODULUS_CHARS => match named {
            None | Some(KeyAlgorithm::RS256) => Some(Algorithm::RS256),
            Some(KeyAlgorithm::RS384) => Some(Algorithm::RS384),
            Some(KeyAlgorithm::RS512) => Some(Algorithm::RS512),
            Some(KeyAlgorithm::PS256) => Some(Algorithm::PS256),
            Some(KeyAlgorithm::PS384) => Some(Algorithm::PS384),
            Some(KeyAlgorithm::PS512) => Some(Algorithm::PS512),
            Some(_) => None,
        },
        AlgorithmParameters::EllipticCurve(ec) => match (&ec.curve, named) {
            (EllipticCurve::P256, None | Some(KeyAlgorithm::ES256)) => Some(Algorithm::ES256),
            (EllipticCurve::P384, None | Some(KeyAlgorithm::ES384)) => Some(Algorithm::ES384),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(pair) => match (&pair.curve, named) {
            (EllipticCurve::Ed25519, None | Some(KeyAlgorithm::EdDSA)) => Some(Algorithm::EdDSA),
            _ => None,
        },
        _ => None,
    }
}
