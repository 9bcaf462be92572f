//! Where a release comes from: a dump in a file or behind a URL, or a SQL Server, all behind one trait.

mod address;
mod download;
mod dump_file;
pub(crate) mod mssql;
mod relay;

pub(crate) use address::SourceAddress;

use super::rows::RowSink;
use super::settings::EtlSettings;
use super::{EtlError, Month};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far a source has been read.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    done: AtomicU64,
    total: AtomicU64,
}

impl Gauge {
    pub(crate) fn set_total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, count: u64) {
        self.done.fetch_add(count, Ordering::Relaxed);
    }

    /// Another reading of the same source begins, as after a download.
    pub(crate) fn restart(&self) {
        self.done.store(0, Ordering::Relaxed);
    }

    /// 0 to 100; nothing when the whole is not known.
    pub(crate) fn percent(&self) -> Option<u64> {
        let total = self.total.load(Ordering::Relaxed);
        let done = self.done.load(Ordering::Relaxed).min(total);
        (done * 100).checked_div(total)
    }
}

/// Something that can be read once, table after table. Reading blocks, so it has a thread of its own.
pub(crate) trait ReleaseSource: Send {
    /// Sends every table into the sink. What comes back identifies the content, where that was not known before.
    fn read(
        self: Box<Self>,
        gauge: &Gauge,
        sink: &mut dyn RowSink,
    ) -> Result<Option<String>, EtlError>;
}

/// A source that is there and ready to be read.
pub(crate) struct OpenSource {
    /// What the registry and messages call it; never with a password.
    pub(crate) name: String,
    /// The SHA-256 of its bytes, in hexadecimal. A SQL Server's is known only after reading.
    pub(crate) checksum: Option<String>,
    /// The release's month, where the name says it.
    pub(crate) month: Option<Month>,
    pub(crate) reader: Box<dyn ReleaseSource>,
}

/// Opens a source. A URL is brought to disk first, so that a broken transfer is known before the database is touched.
pub(crate) async fn open(
    address: &SourceAddress,
    settings: &EtlSettings,
    gauge: &Arc<Gauge>,
) -> Result<OpenSource, EtlError> {
    let name = address.to_string();
    let month = Month::in_name(&name);
    match address {
        SourceAddress::File(path) => {
            let opening = path.clone();
            let (file, checksum) =
                tokio::task::spawn_blocking(move || dump_file::DumpFile::open(&opening))
                    .await
                    .map_err(|_| EtlError::Stopped)??;
            Ok(OpenSource {
                name,
                checksum: Some(checksum),
                month,
                reader: Box::new(file),
            })
        }
        SourceAddress::Url(url) => {
            let (file, checksum) = download::fetch(url, settings, gauge).await?;
            Ok(OpenSource {
                name,
                checksum: Some(checksum),
                month,
                reader: Box::new(dump_file::DumpFile::from_temporary(file)?),
            })
        }
        SourceAddress::Mssql(server) => Ok(OpenSource {
            name,
            checksum: None,
            month,
            reader: Box::new(mssql::MssqlSource::new(server.clone(), &settings.mssql)?),
        }),
    }
}
