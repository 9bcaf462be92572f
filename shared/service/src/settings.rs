//! Settings from files and the environment, the later one winning.

use config::{Config, Environment, File, FileFormat};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::path::{Path, PathBuf};

/// Why a process cannot start with its settings.
#[derive(Debug, thiserror::Error)]
#[error("the settings of {service} are not usable: {reason}")]
pub struct SettingsError {
    service: String,
    reason: String,
}

/// Reads the settings of a service.
///
/// The order is `config/shared/production.yml`, `config/<service>/production.yml`, `extra_file`, and then variables such
/// as `MVP_VEHICLES_PLATFORM__SERVER__PORT` (section `server`, key `port`). Either file may be absent; `extra_file` may
/// not. An unknown key is an error when `T` denies unknown fields, as every settings type here does.
pub fn load<T: DeserializeOwned>(
    service: &str,
    extra_file: Option<&Path>,
) -> Result<T, SettingsError> {
    load_from(&folder(), service, extra_file, None)
}

/// The files that [`load`] reads, there or not; the later one wins.
pub fn files(service: &str, extra_file: Option<&Path>) -> Vec<PathBuf> {
    let folder = folder();
    let mut files = vec![
        folder.join("shared/production.yml"),
        folder.join(service).join("production.yml"),
    ];
    files.extend(extra_file.map(Path::to_owned));
    files
}

fn folder() -> PathBuf {
    std::env::var_os("MVP_CONFIG_DIR").map_or_else(|| "config".into(), PathBuf::from)
}

fn load_from<T: DeserializeOwned>(
    folder: &Path,
    service: &str,
    extra_file: Option<&Path>,
    environment: Option<std::collections::HashMap<String, String>>,
) -> Result<T, SettingsError> {
    let yaml =
        |path: PathBuf, required| File::from(path).format(FileFormat::Yaml).required(required);
    let prefix = format!("MVP_{}", service.replace('-', "_").to_uppercase());
    let mut builder = Config::builder()
        .add_source(yaml(folder.join("shared/production.yml"), false))
        .add_source(yaml(folder.join(service).join("production.yml"), false));
    if let Some(path) = extra_file {
        builder = builder.add_source(yaml(path.to_owned(), true));
    }
    builder
        .add_source(
            Environment::with_prefix(&prefix)
                .prefix_separator("__")
                .separator("__")
                .source(environment),
        )
        .build()
        .and_then(Config::try_deserialize)
        .map_err(|error| SettingsError {
            service: service.to_owned(),
            reason: error.to_string(),
        })
}

/// Paths, given as a YAML list or, in a variable, separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathList(pub Vec<PathBuf>);

impl<'de> Deserialize<'de> for PathList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            List(Vec<PathBuf>),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::List(paths) => paths,
            Form::Text(text) => text
                .split(',')
                .map(str::trim)
                .filter(|p| !p.is_empty())
                .map(PathBuf::from)
                .collect(),
        }))
    }
}

/// The files that hold API keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiKeySettings {
    /// One file a consumer.
    pub files: PathList,
    /// Whether a file that everyone may read is refused.
    pub strict: bool,
}

impl Default for ApiKeySettings {
    fn default() -> Self {
        Self {
            files: PathList::default(),
            strict: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        server: Server,
        #[serde(default)]
        files: PathList,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Server {
        port: u16,
        host: String,
    }

    fn folder(own: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("shared", "server: {host: 127.0.0.1, port: 1}"),
            ("a-service", own),
        ] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
            std::fs::write(dir.path().join(name).join("production.yml"), text).unwrap();
        }
        dir
    }

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn a_variable_wins_over_the_service_file_which_wins_over_the_shared_one() {
        let dir = folder("server: {port: 2}");
        let none =
            load_from::<Sample>(dir.path(), "a-service", None, Some(HashMap::new())).unwrap();
        assert_eq!(
            none.server,
            Server {
                port: 2,
                host: "127.0.0.1".into()
            }
        );
        let set = variables(&[
            ("MVP_A_SERVICE__SERVER__PORT", "3"),
            ("MVP_A_SERVICE__FILES", "a, b"),
        ]);
        let some = load_from::<Sample>(dir.path(), "a-service", None, Some(set)).unwrap();
        assert_eq!(some.server.port, 3);
        assert_eq!(some.files, PathList(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn an_unknown_key_is_named() {
        let dir = folder("server: {prot: 2}");
        let error = load_from::<Sample>(dir.path(), "a-service", None, Some(HashMap::new()));
        let text = error.unwrap_err().to_string();
        assert!(text.contains("prot"), "{text}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_named() {
        let dir = folder("server: {port: many}");
        let error = load_from::<Sample>(dir.path(), "a-service", None, Some(HashMap::new()));
        let text = error.unwrap_err().to_string();
        assert!(text.contains("port"), "{text}");
    }
}
