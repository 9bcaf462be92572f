//! An authorization request, read.

use super::parameters::Parameters;
use super::{pkce, scope};

/// What a client asks for, once it is known to be that client's question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) scope: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: String,
    pub(crate) prompt: Prompt,
    /// Seconds since the sign-in.
    pub(crate) max_age: Option<i64>,
    pub(crate) login_hint: Option<String>,
    pub(crate) id_token_hint: Option<String>,
}

/// What the person is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// What is needed.
    Needed,
    /// Nothing: without a session there is an error.
    Nothing,
    /// To sign in, whoever is signed in.
    SignIn,
    /// To sign up.
    SignUp,
}

/// An error of OAuth and what it is about.
pub(crate) type Refusal = (&'static str, &'static str);

impl Question {
    pub(crate) fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        let invalid = |text| ("invalid_request", text);
        let text = |name| parameters.get(name).map(str::to_owned);
        if parameters.get("request").is_some() {
            return Err(("request_not_supported", "request objects are not supported"));
        }
        if parameters.get("request_uri").is_some() {
            return Err(("request_uri_not_supported", "request_uri is not supported"));
        }
        match parameters.get("response_type") {
            Some("code") => {}
            None => return Err(invalid("response_type is missing")),
            Some(_) => return Err(("unsupported_response_type", "only code is supported")),
        }
        if parameters
            .get("response_mode")
            .is_some_and(|mode| mode != "query")
        {
            return Err(invalid("only response_mode query is supported"));
        }
        let scope = scope::known(parameters.get("scope").unwrap_or_default());
        if !scope::has(&scope, "openid") {
            return Err(("invalid_scope", "scope must hold openid"));
        }
        if parameters.get("code_challenge_method") != Some("S256") {
            return Err(invalid("code_challenge_method must be S256"));
        }
        let challenge = text("code_challenge").filter(|text| pkce::is_challenge(text));
        let max_age = match parameters.get("max_age").map(str::parse::<i64>) {
            None => None,
            Some(Ok(seconds)) if seconds >= 0 => Some(seconds),
            Some(_) => return Err(invalid("max_age must be a number of seconds")),
        };
        Ok(Self {
            scope,
            state: text("state"),
            nonce: text("nonce"),
            code_challenge: challenge.ok_or_else(|| invalid("code_challenge must be a hash"))?,
            prompt: prompt(parameters.get("prompt").unwrap_or_default())?,
            max_age,
            login_hint: text("login_hint"),
            id_token_hint: text("id_token_hint"),
        })
    }
}

fn prompt(text: &str) -> Result<Prompt, Refusal> {
    let words: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let known = ["none", "login", "consent", "select_account", "create"];
    if words.iter().any(|word| !known.contains(word)) {
        return Err(("invalid_request", "prompt is not known"));
    }
    let has = |word| words.contains(&word);
    if has("none") {
        return match words.len() {
            1 => Ok(Prompt::Nothing),
            _ => Err(("invalid_request", "prompt none stands alone")),
        };
    }
    Ok(
        match (has("create"), has("login") || has("select_account")) {
            (true, _) => Prompt::SignUp,
            (_, true) => Prompt::SignIn,
            // The clients are the installation's own: consent is given.
            _ => Prompt::Needed,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "response_type=code&scope=openid+email&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn read(more: &str) -> Result<Question, Refusal> {
        let text = format!("{GOOD}{more}");
        Question::read(&Parameters::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_good_question_is_read() {
        let question = read("&state=s&nonce=n&max_age=60&prompt=login+consent").unwrap();
        assert_eq!(question.scope, "openid email");
        assert_eq!(
            (question.prompt, question.max_age),
            (Prompt::SignIn, Some(60))
        );
        assert_eq!(read("&prompt=none").unwrap().prompt, Prompt::Nothing);
        assert_eq!(read("&prompt=create").unwrap().prompt, Prompt::SignUp);
        assert_eq!(
            read("&prompt=consent&unknown=1").unwrap().prompt,
            Prompt::Needed
        );
    }

    #[test]
    fn every_bad_one_is_refused_with_its_error() {
        for (more, error) in [
            ("&prompt=none+login", "invalid_request"),
            ("&prompt=x", "invalid_request"),
            ("&max_age=-1", "invalid_request"),
            ("&request=x", "request_not_supported"),
            ("&request_uri=x", "request_uri_not_supported"),
            ("&response_mode=fragment", "invalid_request"),
        ] {
            assert_eq!(read(more).unwrap_err().0, error, "{more}");
        }
        for (from, to, error) in [
            (
                "response_type=code",
                "response_type=token",
                "unsupported_response_type",
            ),
            ("response_type=code", "x=", "invalid_request"),
            ("S256", "plain", "invalid_request"),
            ("openid+", "", "invalid_scope"),
            ("E9Melhoa", "", "invalid_request"),
        ] {
            let text = GOOD.replace(from, to);
            let parameters = Parameters::parse(text.as_bytes()).unwrap();
            assert_eq!(Question::read(&parameters).unwrap_err().0, error, "{text}");
        }
    }
}
