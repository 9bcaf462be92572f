//! Why an answer is not accepted.

/// Why an answer is not accepted, for the audit. People are told less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Objection {
    /// Parts are missing, too long, or not what they should be.
    Unreadable,
    /// It answers another kind of question.
    Type,
    /// The question is not known, too old, answered already, or another browser's.
    Challenge,
    /// It was made for pages of another origin.
    Origin,
    /// It was made in a page within a page.
    CrossOrigin,
    /// It was made for another host.
    PartyId,
    /// Nobody touched the authenticator.
    UserPresence,
    /// The authenticator did not ask for a fingerprint, a face or a PIN.
    UserVerification,
    /// It says that it is copied elsewhere though it cannot be, or is of another kind than it was.
    BackupFlags,
    /// The key is of a kind that was not asked for, or no key of that kind.
    PublicKey,
    /// No account has this passkey.
    Unknown,
    /// It names another owner.
    UserHandle,
    /// The signature is not that of the key.
    Signature,
    /// It counts no further than it did: there may be a copy.
    Counter,
    /// Some account has it already.
    Taken,
}

impl Objection {
    /// As the audit has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Type => "type",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::CrossOrigin => "cross_origin",
            Self::PartyId => "rp_id",
            Self::UserPresence => "user_presence",
            Self::UserVerification => "user_verification",
            Self::BackupFlags => "backup_flags",
            Self::PublicKey => "public_key",
            Self::Unknown => "unknown",
            Self::UserHandle => "user_handle",
            Self::Signature => "signature",
            Self::Counter => "counter",
            Self::Taken => "taken",
        }
    }
}
