//! What the browser says of a question that was answered (§5.8.1): it is signed together with the authenticator's own words.

use super::Party;
use super::objection::Objection;
use serde::Deserialize;

/// What the browser says. Members that others may add are passed over, as the specification wants it.
#[derive(Debug, Deserialize)]
pub(crate) struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    /// As it was asked, in base64.
    pub(crate) challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

impl ClientData {
    pub(crate) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// `kind`: which question was asked.
    pub(crate) fn judge(&self, kind: &str, party: Party<'_>) -> Result<(), Objection> {
        if self.kind != kind {
            return Err(Objection::Type);
        }
        if self.origin != party.origin {
            return Err(Objection::Origin);
        }
        if self.cross_origin || self.top_origin.is_some() {
            return Err(Objection::CrossOrigin);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTY: Party<'_> = Party {
        origin: "https://a.example",
        id: "a.example",
    };

    fn judge(rest: &str) -> Result<(), Objection> {
        let json = format!("{{\"challenge\":\"Yw\",{rest}}}");
        let data = ClientData::read(json.as_bytes()).ok_or(Objection::Unreadable)?;
        assert_eq!(data.challenge, "Yw");
        data.judge("webauthn.get", PARTY)
    }

    #[test]
    fn it_answers_our_question_on_our_page() {
        let right = r#""type":"webauthn.get","origin":"https://a.example""#;
        assert_eq!(judge(right), Ok(()));
        let more = format!(r#"{right},"crossOrigin":false,"other_keys_can_be_added_here":1"#);
        assert_eq!(judge(&more), Ok(()));
        for (wrong, objection) in [
            (r#""type":"webauthn.get""#, Objection::Unreadable),
            (
                r#""type":"webauthn.create","origin":"https://a.example""#,
                Objection::Type,
            ),
            (
                r#""type":"webauthn.get","origin":"https://a.example:444""#,
                Objection::Origin,
            ),
            (
                r#""type":"webauthn.get","origin":"https://b.a.example""#,
                Objection::Origin,
            ),
            (
                r#""type":"webauthn.get","origin":"https://a.example","crossOrigin":true"#,
                Objection::CrossOrigin,
            ),
            (
                r#""type":"webauthn.get","origin":"https://a.example","topOrigin":"https://b.example""#,
                Objection::CrossOrigin,
            ),
            (
                r#""type":"webauthn.get","origin":"https://a.example","origin":"https://a.example""#,
                Objection::Unreadable,
            ),
        ] {
            assert_eq!(judge(wrong), Err(objection), "{wrong}");
        }
    }
}
