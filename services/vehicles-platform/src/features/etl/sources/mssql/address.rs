//! `mssql://user:password@host:port/database`

use super::super::super::SourceError;
use std::fmt;

/// The address of a database on a SQL Server. The password is better kept in the file of the settings.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MssqlAddress {
    pub(super) user: String,
    pub(super) password: Option<String>,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: String,
}

impl MssqlAddress {
    /// Reads what follows `mssql://`; user and password may be percent-encoded.
    pub(crate) fn parse(text: &str) -> Result<Self, SourceError> {
        let wrong = |what: &str| SourceError::MssqlAddress(what.to_owned());
        let (credentials, place) = text
            .rsplit_once('@')
            .ok_or_else(|| wrong("it names no user (mssql://user@host:port/database)"))?;
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        let (authority, database) = place
            .split_once('/')
            .filter(|(_, database)| !database.is_empty())
            .ok_or_else(|| wrong("it names no database"))?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (
                host,
                port.parse().map_err(|_| wrong("its port is no port"))?,
            ),
            None => (authority, 1433),
        };
        let decoded =
            |text: &str| percent_decoded(text).ok_or_else(|| wrong("its %-encoding is broken"));
        Ok(Self {
            user: decoded(user)?,
            password: password.map(decoded).transpose()?,
            host: host.to_owned(),
            port,
            database: database.to_owned(),
        })
    }
}

/// Without user and password.
impl fmt::Display for MssqlAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "mssql://{}:{}/{}",
            self.host, self.port, self.database
        )
    }
}

impl fmt::Debug for MssqlAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}
