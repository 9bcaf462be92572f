//! The tree's own rules, checked over every file that git tracks. ARCHITECTURE.md says why each exists.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const LONGEST_FILE_LINES: usize = 500;
const JUNK_DRAWERS: [&str; 4] = ["common", "utils", "helpers", "misc"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Every tracked or new file that git does not ignore, relative to the root.
fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "the checkout is a git repository");
    let text = String::from_utf8(listed.stdout).unwrap();
    text.lines()
        .filter(|name| root().join(name).is_file())
        .map(str::to_owned)
        .collect()
}

fn rust_files() -> Vec<(String, String)> {
    let rust = files().into_iter().filter(|name| has_extension(name, "rs"));
    rust.map(|name| (std::fs::read_to_string(root().join(&name)).unwrap(), name))
        .map(|(text, name)| (name, text))
        .collect()
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|found| found == extension)
}

fn assert_none(rule: &str, offenders: &[String]) {
    assert!(
        offenders.is_empty(),
        "{rule}:\n  {}",
        offenders.join("\n  ")
    );
}

#[test]
fn no_file_is_too_long_to_be_about_one_thing() {
    let long: Vec<_> = rust_files()
        .iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE_LINES)
        .map(|(name, lines)| format!("{name} ({lines} lines)"))
        .collect();
    assert_none("files over 500 lines", &long);
}

#[test]
fn every_file_begins_by_saying_its_subject() {
    let silent: Vec<_> = rust_files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!") && !text.starts_with("#![doc"))
        .map(|(name, _)| name)
        .collect();
    assert_none("files whose first line is no `//!`", &silent);
}

#[test]
fn there_are_no_junk_drawers() {
    let drawers: Vec<_> = files()
        .into_iter()
        .filter(|name| {
            Path::new(name).iter().any(|part| {
                let stem = Path::new(part).file_stem().unwrap_or_default();
                JUNK_DRAWERS.iter().any(|drawer| stem == *drawer)
            })
        })
        .collect();
    assert_none("names that say nothing", &drawers);
}

#[test]
fn nothing_is_left_for_later_and_no_test_is_skipped() {
    // Written in pieces, so that this file does not find itself.
    let marks = ["TO", "FIX", "XX"]
        .iter()
        .zip(["DO", "ME", "X"])
        .map(|(a, b)| format!("{a}{b}"));
    let marks: Vec<String> = marks.chain(["#[ign".to_owned() + "ore"]).collect();
    let left: Vec<_> = rust_files()
        .into_iter()
        .filter(|(_, text)| marks.iter().any(|mark| text.contains(mark.as_str())))
        .map(|(name, _)| name)
        .collect();
    assert_none("unfinished work or skipped tests", &left);
}

#[test]
fn domain_code_is_pure() {
    const IMPURE: [&str; 7] = [
        "actix_web",
        "tokio::",
        "tokio_postgres",
        "reqwest",
        "async fn",
        "std::fs",
        "std::env",
    ];
    let impure: Vec<_> = rust_files()
        .into_iter()
        .filter(|(name, _)| name.contains("/features/") && name.contains("/domain/"))
        .filter(|(name, _)| !name.contains("/tests/") && !name.ends_with("tests.rs"))
        .filter(|(_, text)| {
            // Unit tests may read files: only what stands before them counts.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            IMPURE.iter().any(|word| code.contains(word))
        })
        .map(|(name, _)| name)
        .collect();
    assert_none("domain code with I/O, async or a framework", &impure);
}

#[test]
fn sql_of_the_services_lives_in_sql_files() {
    const STATEMENTS: [&str; 4] = ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE "];
    let inline: Vec<_> = rust_files()
        .into_iter()
        .filter(|(name, _)| name.starts_with("services/") && name.contains("/src/"))
        .filter(|(_, text)| {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            STATEMENTS.iter().any(|statement| code.contains(statement))
        })
        .map(|(name, _)| name)
        .collect();
    assert_none("SQL inside Rust", &inline);
}

#[test]
fn every_crate_and_capsule_says_what_it_is() {
    let all: BTreeSet<String> = files().into_iter().collect();
    let crates = all.iter().filter(|name| name.ends_with("/Cargo.toml"));
    let capsules = all.iter().filter(|name| is_capsule_facade(name));
    let unread: Vec<_> = crates
        .chain(capsules)
        .map(|name| {
            Path::new(name)
                .with_file_name("README.md")
                .to_string_lossy()
                .into_owned()
        })
        .filter(|readme| !all.contains(readme))
        .collect();
    assert_none("missing README.md", &unread);
}

/// `services/<service>/src/features/<capsule>/mod.rs`.
fn is_capsule_facade(name: &str) -> bool {
    let parts: Vec<_> = name.split('/').collect();
    matches!(
        parts.as_slice(),
        ["services", _, "src", "features", _, "mod.rs"]
    )
}

#[test]
fn shared_crates_know_no_service_and_services_know_no_other_service() {
    let manifests: Vec<_> = files()
        .into_iter()
        .filter(|name| name.ends_with("/Cargo.toml"))
        .collect();
    let services: Vec<_> = manifests
        .iter()
        .filter(|name| name.starts_with("services/") || name.starts_with("gateway/"))
        .map(|name| {
            Path::new(name)
                .parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
        })
        .collect();
    let mut wrong = Vec::new();
    for manifest in manifests.iter().filter(|name| !name.starts_with("bench/")) {
        let text = std::fs::read_to_string(root().join(manifest)).unwrap();
        for service in &services {
            let depends = text.lines().any(|line| {
                line.starts_with(&format!("{service}."))
                    || line.starts_with(&format!("{service} ="))
            });
            if depends {
                wrong.push(format!("{manifest} depends on {service}"));
            }
        }
    }
    assert_none("dependencies against the direction", &wrong);
}

#[test]
fn every_metric_is_on_the_metrics_page() {
    let page = std::fs::read_to_string(root().join("docs/METRICS.md")).unwrap();
    let mut missing = BTreeSet::new();
    for (name, text) in rust_files() {
        if name.contains("/tests/") {
            continue;
        }
        for made in [
            "_counter(\"",
            "_gauge(\"",
            "_histogram(\"",
            "_up_down_counter(\"",
        ] {
            for rest in text.split(made).skip(1) {
                let metric = rest.split('"').next().unwrap_or_default();
                if !page.contains(metric) {
                    missing.insert(format!("{metric} ({name})"));
                }
            }
        }
    }
    assert_none(
        "metrics not in docs/METRICS.md",
        &missing.into_iter().collect::<Vec<_>>(),
    );
}

#[test]
fn no_path_of_somebodys_machine_is_in_the_tree() {
    // In pieces again.
    let paths = ["work", "root", "home", "Users"].map(|folder| format!("/{folder}/"));
    let texts = ["rs", "md", "toml", "yml", "yaml", "sh", "sql", "json"];
    let named: Vec<_> = files()
        .into_iter()
        .filter(|name| texts.iter().any(|extension| has_extension(name, extension)))
        .filter(|name| {
            let text = std::fs::read_to_string(root().join(name)).unwrap_or_default();
            paths.iter().any(|path| {
                text.match_indices(path.as_str()).any(|(at, _)| {
                    let before = text.get(..at).and_then(|t| t.chars().last());
                    before.is_none_or(|c| c.is_whitespace() || "\"'(`=:".contains(c))
                })
            })
        })
        .collect();
    assert_none("machine paths", &named);
}
