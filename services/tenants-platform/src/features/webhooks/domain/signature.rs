//! The signature of the Standard Webhooks convention.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What every secret begins with.
pub(crate) const SECRET_PREFIX: &str = "whsec_";

/// A secret out of random bytes.
pub(crate) fn secret(random: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(random))
}

/// `v1,<base64>` over `id.timestamp.body`; `None` for what is no secret.
pub(crate) fn sign(secret: &str, id: &str, timestamp_s: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{timestamp_s}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(tag.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the convention's own documentation.
    #[test]
    fn it_signs_as_the_convention_does() {
        let signed = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(
            signed.unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert!(sign("plain", "a", 1, "").is_none());
    }

    #[test]
    fn a_secret_can_sign() {
        let secret = secret(&[7; 32]);
        assert!(sign(&secret, "a", 1, "{}").unwrap().starts_with("v1,"));
    }
}
