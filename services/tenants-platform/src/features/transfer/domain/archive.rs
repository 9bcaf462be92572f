//! Writing and reading an archive.

use crate::features::configuration::Key;
use crate::features::tenants::Plan;
use contracts::tenants::Role;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::io::{Cursor, Read, Write};
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The version of what stands in the files.
const FORMAT: u32 = 1;
/// Unpacked, of all files.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Why an archive cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("it is no ZIP archive, or a damaged one")]
    Zip(#[from] zip::result::ZipError),
    #[error("{0} is missing or cannot be read")]
    File(&'static str),
    #[error("{0} is not as it should be: {1}")]
    Content(&'static str, serde_json::Error),
    #[error("it is of format {0}; this version reads format {FORMAT}")]
    Format(u32),
    #[error("it is larger than 256 MB when unpacked")]
    Large,
    #[error("it cannot be written")]
    Write(#[from] std::io::Error),
}

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    exported_at: String,
}

/// A tenant on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MovedTenant {
    pub(crate) id: Uuid,
    pub(crate) external_id: Option<String>,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) plan: String,
    /// Suspended; active otherwise.
    pub(crate) suspended: bool,
    pub(crate) reason: Option<String>,
}

/// A member on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MovedMember {
    pub(crate) user: String,
    pub(crate) role: Role,
}

/// What moves.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    pub(crate) tenant: MovedTenant,
    pub(crate) members: Vec<MovedMember>,
    pub(crate) configuration: Map<String, Value>,
    /// What its plan includes; an installation that has one of that name keeps its own.
    pub(crate) plan: Option<Plan>,
    /// The keys that the tenant has set; an installation that has registered them keeps its own.
    pub(crate) keys: Vec<Key>,
}

/// What only can be read about.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) api_keys: Value,
    pub(crate) usage: Value,
    /// Lines of JSON.
    pub(crate) audit: String,
}

/// The archive of a tenant.
pub(crate) fn write(
    moved: &Moved,
    told: &Told,
    exported_at: String,
) -> Result<Vec<u8>, ArchiveError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let manifest = Manifest {
        format: FORMAT,
        exported_at,
    };
    let files = [
        ("manifest.json", json("manifest.json", &manifest)?),
        ("tenant.json", json("tenant.json", &moved.tenant)?),
        ("members.json", json("members.json", &moved.members)?),
        (
            "configuration.json",
            json("configuration.json", &moved.configuration)?,
        ),
        ("plan.json", json("plan.json", &moved.plan)?),
        ("keys.json", json("keys.json", &moved.keys)?),
        ("api_keys.json", json("api_keys.json", &told.api_keys)?),
        ("usage.json", json("usage.json", &told.usage)?),
        ("audit.ndjson", told.audit.clone().into_bytes()),
    ];
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(&content)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// What can be taken over of an archive.
pub(crate) fn read(bytes: &[u8]) -> Result<Moved, ArchiveError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    let mut left = MOST_BYTES;
    let manifest: Manifest = file(&mut zip, "manifest.json", &mut left)?;
    if manifest.format != FORMAT {
        return Err(ArchiveError::Format(manifest.format));
    }
    Ok(Moved {
        tenant: file(&mut zip, "tenant.json", &mut left)?,
        members: file(&mut zip, "members.json", &mut left)?,
        configuration: file(&mut zip, "configuration.json", &mut left)?,
        plan: file_or_none(&mut zip, "plan.json", &mut left)?,
        keys: file_or_none(&mut zip, "keys.json", &mut left)?,
    })
}

fn json(name: &'static str, value: &impl Serialize) -> Result<Vec<u8>, ArchiveError> {
    serde_json::to_vec_pretty(value).map_err(|error| ArchiveError::Content(name, error))
}

/// What older archives do not have.
fn file_or_none<T: DeserializeOwned + Default>(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    name: &'static str,
    left: &mut u64,
) -> Result<T, ArchiveError> {
    if zip.index_for_name(name).is_none() {
        return Ok(T::default());
    }
    file(zip, name, left)
}

/// A small archive may unpack to anything: what is read is counted, whatever its head says.
fn file<T: DeserializeOwned>(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    name: &'static str,
    left: &mut u64,
) -> Result<T, ArchiveError> {
    let entry = zip.by_name(name).map_err(|_| ArchiveError::File(name))?;
    let mut content = Vec::new();
    let read = entry.take(left.saturating_add(1)).read_to_end(&mut content);
    let read = read.map_err(|_| ArchiveError::File(name))?;
    *left = left
        .checked_sub(u64::try_from(read).unwrap_or(u64::MAX))
        .ok_or(ArchiveError::Large)?;
    serde_json::from_slice(&content).map_err(|error| ArchiveError::Content(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn moved() -> Moved {
        Moved {
            tenant: MovedTenant {
                id: Uuid::from_u128(7),
                external_id: None,
                slug: "the-smiths".to_owned(),
                name: "The Smiths".to_owned(),
                plan: "family".to_owned(),
                suspended: false,
                reason: None,
            },
            members: vec![MovedMember {
                user: "u".to_owned(),
                role: Role::Owner,
            }],
            configuration: Map::from_iter([("display.currency".to_owned(), json!("EUR"))]),
            plan: None,
            keys: Vec::new(),
        }
    }

    fn told() -> Told {
        Told {
            api_keys: json!([]),
            usage: json!({}),
            audit: String::new(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let bytes = write(&moved(), &told(), "2026-01-01T00:00:00Z".to_owned()).unwrap();
        let back = read(&bytes).unwrap();
        assert_eq!(back.tenant.slug, "the-smiths");
        assert_eq!(back.members[0].role, Role::Owner);
        assert_eq!(back.configuration["display.currency"], "EUR");
    }

    #[test]
    fn what_is_no_archive_is_told_why() {
        assert!(matches!(read(b"PK nonsense"), Err(ArchiveError::Zip(_))));
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("manifest.json", SimpleFileOptions::default())
            .unwrap();
        zip.write_all(br#"{"format": 2, "exported_at": ""}"#)
            .unwrap();
        let other = zip.finish().unwrap().into_inner();
        assert!(matches!(read(&other), Err(ArchiveError::Format(2))));
        let empty = ZipWriter::new(Cursor::new(Vec::new())).finish().unwrap();
        let missing = read(&empty.into_inner());
        assert!(matches!(missing, Err(ArchiveError::File("manifest.json"))));
    }
}
