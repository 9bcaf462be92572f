//! `load <file|url|mssql://…>`: what the argument means.

use super::super::SourceError;
use super::mssql::MssqlAddress;
use std::fmt;
use std::path::PathBuf;

/// Where a release is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SourceAddress {
    File(PathBuf),
    Url(String),
    Mssql(MssqlAddress),
}

impl SourceAddress {
    pub(crate) fn parse(text: &str) -> Result<Self, SourceError> {
        match text.split_once("://") {
            Some(("http" | "https", _)) => Ok(Self::Url(text.to_owned())),
            Some(("mssql", rest)) => MssqlAddress::parse(rest).map(Self::Mssql),
            Some(("file", path)) => Ok(Self::File(path.into())),
            _ => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for SourceAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Url(url) => formatter.write_str(&without_credentials(url)),
            Self::Mssql(address) => address.fmt(formatter),
        }
    }
}

/// A URL without `user:password@` and without its query, in which a signature may stand.
fn without_credentials(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or(url);
    let Some((scheme, rest)) = plain.split_once("://") else {
        return plain.to_owned();
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}/{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_shown_without_its_secrets() {
        let shown = |text| SourceAddress::parse(text).unwrap().to_string();
        assert_eq!(
            shown("https://me:secret@host.example/a/b.zip?signature=x"),
            "https://host.example/a/b.zip"
        );
        assert_eq!(
            shown("mssql://sa:secret@db:1433/vPICList_Lite1"),
            "mssql://db:1433/vPICList_Lite1"
        );
        assert_eq!(shown("data/a.sql.zst"), "data/a.sql.zst");
    }
}
