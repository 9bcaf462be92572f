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

/// The folders that a capsule is made of, as ARCHITECTURE.md names them.
const CAPSULE_PARTS: [&str; 7] = [
    "api",
    "data",
    "domain",
    "events",
    "external",
    "migrations",
    "tests",
];
/// Folders beside them, each with its reason.
const OTHER_PARTS: [(&str, &str, &str); 5] = [
    (
        "etl",
        "dump",
        "the reader of pg_dump text, which is neither a rule nor SQL",
    ),
    (
        "etl",
        "load",
        "the workflow of a load, which joins the other parts",
    ),
    (
        "etl",
        "schedule",
        "a process of its own, with a port for its health",
    ),
    (
        "etl",
        "sources",
        "where releases come from: files, HTTP, SQL Server",
    ),
    (
        "etl",
        "validate",
        "the checks, which ask a release's own tables",
    ),
];
/// Statements outside `data/queries` and `migrations`: they are for a SQL Server, not for our database.
const FOREIGN_SQL: &str = "/features/etl/sources/mssql/";

/// Service, capsule and the path inside the capsule of a file in one.
fn in_capsule(name: &str) -> Option<(&str, &str, &str)> {
    let (service, rest) = name
        .strip_prefix("services/")?
        .split_once("/src/features/")?;
    let (capsule, inside) = rest.split_once('/')?;
    Some((service, capsule, inside))
}

/// The code before its unit tests, which may set up what they like.
fn code_of(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Whether the code names a module: in a path, or in the braces of a `use`.
fn names_module(code: &str, module: &str) -> bool {
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .any(|line| {
            line.match_indices(&format!("{module}::")).any(|(at, _)| {
                let before = line.get(..at).unwrap_or_default();
                before.ends_with("::") || before.ends_with('{') || before.ends_with(", ")
            }) || line.contains(&format!("::{module};"))
        })
}

#[test]
fn inside_a_capsule_api_and_data_look_to_the_domain_and_the_domain_to_nobody() {
    const FORBIDDEN: [(&str, &[&str]); 4] = [
        ("api", &["data"]),
        ("data", &["api"]),
        ("external", &["api"]),
        ("domain", &["api", "data", "external", "events"]),
    ];
    let mut wrong = Vec::new();
    for (name, text) in rust_files() {
        let Some((_, _, inside)) = in_capsule(&name) else {
            continue;
        };
        let part = inside.split('/').next().unwrap_or_default();
        for (own, others) in FORBIDDEN {
            for other in others
                .iter()
                .filter(|_| own == part && !name.ends_with("tests.rs"))
            {
                if names_module(code_of(&text), other) {
                    wrong.push(format!("{name} names {other}"));
                }
            }
        }
    }
    assert_none("imports against the direction", &wrong);
}

#[test]
fn a_module_is_found_in_paths_and_in_nothing_else() {
    for code in [
        "use super::data::x;",
        "use super::{api::y, data::x};",
        "crate::features::a::data::f()",
        "use super::data;",
    ] {
        assert!(names_module(code, "data"), "{code}");
    }
    for code in [
        "use actix_web::web::Data;",
        "// see data::x",
        "metadata::of(x)",
        "let data = 1;",
    ] {
        assert!(!names_module(code, "data"), "{code}");
    }
}

#[test]
fn no_statement_of_a_capsule_names_the_schema_of_another() {
    let all = files();
    let capsules: BTreeSet<_> = all
        .iter()
        .filter_map(|name| in_capsule(name))
        .map(|(service, capsule, _)| (service, capsule))
        .collect();
    let mut wrong = Vec::new();
    for name in all.iter().filter(|name| has_extension(name, "sql")) {
        let Some((service, own, _)) = in_capsule(name) else {
            continue;
        };
        let text = std::fs::read_to_string(root().join(name)).unwrap();
        // Another service has another database.
        let others = capsules.iter().filter(|(of, _)| *of == service);
        for (_, other) in others.filter(|(_, other)| *other != own) {
            let named = text.match_indices(&format!("{other}.")).any(|(at, _)| {
                let before = text.get(..at).and_then(|before| before.chars().last());
                before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.')
            });
            if named {
                wrong.push(format!("{name} names {other}"));
            }
        }
    }
    assert_none("SQL across capsules", &wrong);
}

#[test]
fn capsules_are_complete_and_have_no_folders_that_nobody_expects() {
    let all = files();
    let mut capsules = std::collections::BTreeMap::<_, BTreeSet<&str>>::new();
    let mut wrong = Vec::new();
    for name in &all {
        let Some((service, capsule, inside)) = in_capsule(name) else {
            continue;
        };
        let parts = capsules.entry((service, capsule)).or_default();
        parts.insert(inside.split('/').next().unwrap_or_default());
        let is_placed = inside.starts_with("data/queries/") || inside.starts_with("migrations/");
        if has_extension(name, "sql") && !is_placed && !name.contains(FOREIGN_SQL) {
            wrong.push(format!(
                "{name} is neither in data/queries nor in migrations"
            ));
        }
    }
    for ((service, capsule), parts) in &capsules {
        for needed in ["README.md", "mod.rs"] {
            if !parts.contains(needed) {
                wrong.push(format!("{service}/{capsule} has no {needed}"));
            }
        }
        if !["api", "data", "domain"]
            .iter()
            .any(|part| parts.contains(part))
        {
            wrong.push(format!(
                "{service}/{capsule} has neither api nor data nor domain"
            ));
        }
        if parts.contains("migrations") && !parts.contains("data") {
            wrong.push(format!("{service}/{capsule} has migrations and no data"));
        }
        for folder in parts.iter().filter(|part| !part.contains('.')) {
            let expected = CAPSULE_PARTS.contains(folder)
                || OTHER_PARTS
                    .iter()
                    .any(|(own, part, _)| own == capsule && part == folder);
            if !expected {
                wrong.push(format!(
                    "{service}/{capsule}/{folder} is no part of a capsule"
                ));
            }
        }
    }
    assert_none("capsules that are not as ARCHITECTURE.md has them", &wrong);
}
