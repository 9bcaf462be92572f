//! What a passkey's answer must be (Web Authentication Level 3), but for what only the database knows. Pure.

pub(crate) mod assertion;
pub(crate) mod authenticator_data;
pub(crate) mod client_data;
pub(crate) mod encoding;
pub(crate) mod key;
pub(crate) mod objection;
pub(crate) mod registration;

/// Who asks: an answer is for one origin and one party, and for nobody else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Party<'a> {
    /// Scheme, host and port of our pages.
    pub(crate) origin: &'a str,
    /// The host.
    pub(crate) id: &'a str,
}
