//! On which line of a YAML text each key and each item stands.

use yaml_rust2::parser::{Event, MarkedEventReceiver, Parser};
use yaml_rust2::scanner::Marker;

/// Paths such as `routes[1].limits[0].rate`, with their lines from 1, in the order of the text.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    found: Vec<(String, usize)>,
    open: Vec<Level>,
}

/// A mapping or a sequence that has not ended yet.
#[derive(Debug)]
enum Level {
    Map {
        path: String,
        /// The path of the key whose value comes next.
        key: Option<String>,
    },
    List {
        path: String,
        next: usize,
    },
}

impl Lines {
    /// Those of a text, or of as much of it as can be read.
    pub(crate) fn of(text: &str) -> Self {
        let mut lines = Self::default();
        // Where the text is wrong, the reader says so; here it ends.
        let _ = Parser::new_from_str(text).load(&mut lines, false);
        lines
    }

    /// The line of a path, or of what is nearest above it.
    pub(crate) fn nearest(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.at(path) {
                return Some(line);
            }
            path = path.get(..path.rfind(['.', '['])?)?;
        }
    }

    /// The line of a path.
    pub(crate) fn at(&self, path: &str) -> Option<usize> {
        let (_, line) = self.found.iter().find(|(known, _)| known == path)?;
        Some(*line)
    }

    /// The first line with a key of this name.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        let last = |path: &str| path.rsplit('.').next() == Some(name);
        let (_, line) = self.found.iter().find(|(path, _)| last(path))?;
        Some(*line)
    }

    /// The path of the value that begins here.
    fn value(&mut self, line: usize) -> String {
        match self.open.last_mut() {
            Some(Level::Map { path, key }) => key.take().unwrap_or_else(|| path.clone()),
            Some(Level::List { path, next }) => {
                let item = format!("{path}[{next}]");
                *next = next.saturating_add(1);
                self.found.push((item.clone(), line));
                item
            }
            None => String::new(),
        }
    }

    /// A key, or a value without anything in it.
    fn scalar(&mut self, text: &str, line: usize) {
        if let Some(Level::Map { path, key }) = self.open.last_mut()
            && key.is_none()
        {
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{text}");
            *key = Some(path.clone());
            self.found.push((path, line));
        } else {
            self.value(line);
        }
    }
}

impl MarkedEventReceiver for Lines {
    fn on_event(&mut self, event: Event, mark: Marker) {
        match event {
            Event::Scalar(text, ..) => self.scalar(&text, mark.line()),
            Event::Alias(_) => self.scalar("*", mark.line()),
            Event::MappingStart(..) => {
                let path = self.value(mark.line());
                self.open.push(Level::Map { path, key: None });
            }
            Event::SequenceStart(..) => {
                let path = self.value(mark.line());
                self.open.push(Level::List { path, next: 0 });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml_rust2::{Yaml, YamlLoader};

    const SHIPPED: &str = include_str!("../../config/gateway/production.yml");

    /// Every path of a document with the name and the value that stand there.
    fn paths(at: &Yaml, path: &str, found: &mut Vec<(String, String, Option<String>)>) {
        match at {
            Yaml::Hash(map) => {
                for (key, value) in map {
                    let (key, dot) = (
                        key.as_str().unwrap(),
                        if path.is_empty() { "" } else { "." },
                    );
                    let path = format!("{path}{dot}{key}");
                    let text = match value {
                        Yaml::String(text) => Some(text.clone()),
                        Yaml::Integer(number) => Some(number.to_string()),
                        Yaml::Boolean(it) => Some(it.to_string()),
                        _ => None,
                    };
                    found.push((path.clone(), format!("{key}:"), text));
                    paths(value, &path, found);
                }
            }
            Yaml::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    paths(item, &format!("{path}[{index}]"), found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_path_of_the_shipped_settings_is_found_on_its_line() {
        let (lines, text) = (Lines::of(SHIPPED), SHIPPED.lines().collect::<Vec<_>>());
        let mut all = Vec::new();
        paths(
            &YamlLoader::load_from_str(SHIPPED).unwrap()[0],
            "",
            &mut all,
        );
        assert!(all.len() > 100, "{}", all.len());
        let begins = |it: &&usize| text[**it].starts_with("  - prefix:");
        let places: Vec<usize> = (0..text.len()).collect();
        let mut begins: Vec<usize> = places.iter().filter(begins).copied().collect();
        begins.push(text.len());
        for (path, key, value) in all {
            let at = lines.nearest(&path).unwrap() - 1;
            let is_borrowed = text[at].contains(": *");
            assert!(
                is_borrowed || text[at].contains(&key),
                "{path}: {}",
                text[at]
            );
            let value = value.filter(|_| !is_borrowed).unwrap_or_default();
            assert!(text[at].contains(&value), "{path}: {}", text[at]);
            if let Some(rest) = path.strip_prefix("routes[") {
                let index: usize = rest.split(']').next().unwrap().parse().unwrap();
                assert!(
                    (begins[index]..begins[index + 1]).contains(&at),
                    "{path}: {at}"
                );
            }
        }
        // Keys with the same name: the right one of them.
        assert_eq!(
            text[lines.at("admin.port").unwrap() - 1],
            "admin: { host: 0.0.0.0, port: 8081 }"
        );
        let api = begins.iter().position(|at| text[*at] == "  - prefix: /api");
        let path = format!("routes[{}].prefix", api.unwrap());
        assert_eq!(text[lines.at(&path).unwrap() - 1], "  - prefix: /api");
    }

    #[test]
    fn what_is_not_there_is_looked_for_above_it() {
        let lines =
            Lines::of("a: { b: [{ c: 1 }, { c: 2 }] }\nd:\n  - - e: 1\n    - f\n  - g\nh: 1\n");
        assert_eq!(lines.nearest("a.b[1].none"), Some(1));
        assert_eq!(lines.at("d[0][0].e"), Some(3));
        assert_eq!(lines.at("d[0][1]"), Some(4));
        assert_eq!(lines.nearest("d[1].x.y"), Some(5));
        assert_eq!(lines.at("d[2]"), None);
        assert_eq!(lines.named("h"), Some(6));
        assert_eq!(lines.nearest("nothing"), None);
        // As far as it can be read.
        assert_eq!(Lines::of("a: 1\nb: [1\nc: {").at("a"), Some(1));
    }
}
