//! `gateway check`: what is wrong with a settings file, and on which line.

use crate::settings::Settings;
use crate::tls::TlsSettings;
use crate::yaml_lines::Lines;
use access::{KeyFile, KeyRing};
use std::path::Path;

/// The first thing that keeps the gateway from starting with these settings.
pub fn problems(settings: &Settings) -> Option<String> {
    if let Err(error) = settings.validate() {
        return Some(error.to_string());
    }
    if let Some(Err(error)) = settings.tls.as_ref().map(TlsSettings::check) {
        return Some(error.to_string());
    }
    let first_of = |key: String, file: &Path| {
        let file = KeyFile::new(settings.secrets_dir.join(file));
        let error = file.first(settings.strict_secrets).err()?;
        Some(format!("{key}: {error}"))
    };
    if let Some(tenants) = &settings.tenant_keys
        && let Some(problem) = first_of("tenant_keys.key_file".to_owned(), &tenants.key_file)
    {
        return Some(problem);
    }
    for (index, route) in settings.routes.iter().enumerate() {
        let Some(api_key) = &route.api_key else {
            continue;
        };
        if let Some(file) = &api_key.upstream_key
            && let Some(problem) = first_of(format!("routes[{index}].api_key.upstream_key"), file)
        {
            return Some(problem);
        }
        let files = api_key.files.iter();
        let files: Vec<KeyFile> = files
            .map(|file| KeyFile::new(settings.secrets_dir.join(file)))
            .collect();
        if let Err(error) = KeyRing::load(&files, settings.strict_secrets) {
            return Some(format!("routes[{index}].api_key.files: {error}"));
        }
    }
    None
}

/// The line, from 1, that a reason speaks of: it begins with the path of a key, or quotes a name.
pub fn line_of(text: &str, reason: &str) -> Option<usize> {
    exact_line_of(text, reason).or_else(|| Lines::of(text).nearest(path_of(reason)))
}

/// The same, only if the text has what the reason speaks of, and not merely something above it.
pub(crate) fn exact_line_of(text: &str, reason: &str) -> Option<usize> {
    let lines = Lines::of(text);
    lines.at(path_of(reason)).or_else(|| {
        let name = reason.split('`').nth(1)?;
        lines
            .at(name)
            .or_else(|| lines.named(name.rsplit('.').next()?))
    })
}

fn path_of(reason: &str) -> &str {
    reason.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "listen:\n  host: 127.0.0.1\n  port: 1\nroutes:\n  - prefix: /a\n    upstream: a\n  - prefix: /b\n    upstream: c\n";

    #[test]
    fn a_key_is_found_on_its_line() {
        assert_eq!(line_of(TEXT, "listen.port: must be"), Some(3));
        assert_eq!(line_of(TEXT, "routes[0].prefix: is odd"), Some(5));
        assert_eq!(
            line_of(TEXT, "routes[1].upstream: there is no upstream named c"),
            Some(8)
        );
        assert_eq!(
            line_of(TEXT, "the settings: unknown field `upstream`, expected"),
            Some(6)
        );
        assert_eq!(line_of(TEXT, "nothing known"), None);
    }
}
