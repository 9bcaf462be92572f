//! Brings a dump from a URL to a temporary file, in pieces, with its checksum.

use super::super::settings::EtlSettings;
use super::super::{EtlError, SourceError};
use super::Gauge;
use super::dump_file::hexadecimal;
use reqwest::{Client, StatusCode};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::time::Duration;
use tempfile::NamedTempFile;

/// A server that sends nothing for so long is gone.
const SILENCE_LIMIT: Duration = Duration::from_mins(1);
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// Downloads and says the checksum. A transfer that ends early is an error.
pub(super) async fn fetch(
    url: &str,
    settings: &EtlSettings,
    gauge: &Gauge,
) -> Result<(NamedTempFile, String), EtlError> {
    let unreachable = |source: reqwest::Error| SourceError::Unreachable {
        place: super::SourceAddress::Url(url.to_owned()).to_string(),
        // The URL of the error may hold a password.
        source: Box::new(source.without_url()),
    };
    let client = Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .read_timeout(SILENCE_LIMIT)
        .user_agent(concat!("motovaultpro-etl/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(unreachable)?;
    let mut response = client.get(url).send().await.map_err(unreachable)?;
    check_status(url, response.status())?;
    gauge.set_total(response.content_length().unwrap_or(0));
    let mut file = temporary_file(settings).map_err(SourceError::Unreadable)?;
    let mut hasher = Sha256::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        hasher.update(&piece);
        file.write_all(&piece).map_err(SourceError::Unreadable)?;
        gauge.add(u64::try_from(piece.len()).unwrap_or(0));
    }
    gauge.restart();
    Ok((file, hexadecimal(hasher)))
}

fn temporary_file(settings: &EtlSettings) -> std::io::Result<NamedTempFile> {
    match &settings.download_folder {
        Some(folder) => NamedTempFile::new_in(folder),
        None => NamedTempFile::new(),
    }
}

fn check_status(url: &str, status: StatusCode) -> Result<(), SourceError> {
    let place = || super::SourceAddress::Url(url.to_owned()).to_string();
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(SourceError::NotPublished(place())),
        status if status.is_success() => Ok(()),
        status => Err(SourceError::Answered {
            place: place(),
            status: status.as_u16(),
        }),
    }
}
