//! Keys of passkeys, and their signatures.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};

/// What a passkey may sign with, by the registry of COSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// ECDSA over P-256 with SHA-256: what nearly every authenticator has.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA with PKCS #1 v1.5 and SHA-256, for computers whose security chip has nothing else.
    Rs256,
}

/// All of them, the ones we would rather have first.
pub(crate) const ALGORITHMS: [Algorithm; 3] =
    [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256];

impl Algorithm {
    /// Its number.
    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }

    pub(crate) fn of_number(number: i32) -> Option<Self> {
        ALGORITHMS.into_iter().find(|it| it.number() == number)
    }

    const fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &ECDSA_P256_SHA256_ASN1,
            Self::EdDsa => &ED25519,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }

    /// Whether this is a key of the algorithm.
    pub(crate) fn fits(self, public_key: &[u8]) -> bool {
        ParsedPublicKey::new(self.verification(), public_key).is_ok()
    }

    /// Whether a signature is a key's.
    pub(crate) fn is_signed(self, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        ParsedPublicKey::new(self.verification(), public_key)
            .is_ok_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RsaKeyPair,
    };

    /// A key of each algorithm, and its signature.
    fn signed(message: &[u8]) -> [(Algorithm, Vec<u8>, Vec<u8>); 3] {
        let random = SystemRandom::new();
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let rsa_key = rsa.public_key().as_der().unwrap();
        let mut by_rsa = vec![0; rsa.public_modulus_len()];
        rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut by_rsa)
            .unwrap();
        let curve = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let curve_key = curve.public_key().as_der().unwrap();
        let by_curve = curve.sign(&random, message).unwrap();
        let edwards = Ed25519KeyPair::generate().unwrap();
        let edwards_key = edwards.public_key().as_der().unwrap();
        let by_edwards = edwards.sign(message);
        let bytes = <[u8]>::to_vec;
        [
            (
                Algorithm::Es256,
                bytes(curve_key.as_ref()),
                bytes(by_curve.as_ref()),
            ),
            (
                Algorithm::EdDsa,
                bytes(edwards_key.as_ref()),
                bytes(by_edwards.as_ref()),
            ),
            (Algorithm::Rs256, bytes(rsa_key.as_ref()), by_rsa),
        ]
    }

    #[test]
    fn a_signature_is_of_its_key_its_message_and_its_algorithm() {
        let all = signed(b"message");
        for (algorithm, key, signature) in &all {
            assert_eq!(Algorithm::of_number(algorithm.number()), Some(*algorithm));
            assert!(algorithm.is_signed(key, b"message", signature));
            assert!(!algorithm.is_signed(key, b"massage", signature));
            assert!(!algorithm.is_signed(key, b"message", &signature[1..]));
            for (other, other_key, _) in all.iter().filter(|it| it.0 != *algorithm) {
                assert!(!other.fits(key));
                assert!(!algorithm.is_signed(other_key, b"message", signature));
                assert!(!other.is_signed(key, b"message", signature));
            }
        }
        assert_eq!(Algorithm::of_number(-37), None);
        assert!(!Algorithm::Es256.fits(b""));
    }
}
