//! What NHTSA's own procedure answered, element by element: `bench/vin` tells how it was asked.

use crate::etl::whole_release;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The day on which NHTSA's procedure was asked.
const AS_OF: &str = "2026-11-21";
/// Elements that the answer has outside its attributes.
const VEHICLE_DESCRIPTOR: &str = "196";

/// Lines of `{"vin": "VIN[,year]", "elements": {"28": ["Accord"], …}}`.
fn golden() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vin-answers.ndjson.zst");
    let packed = std::fs::read(path).unwrap();
    let text = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn decode(vins: &[&str]) -> Vec<Value> {
    let release = whole_release();
    let mut program = Command::new(env!("CARGO_BIN_EXE_vehicles-platform"))
        .args(["decode", "--file", "-", "--ndjson", "--attributes"])
        .args(["--as-of", AS_OF, "--dump"])
        .arg(release)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = program.stdin.take().unwrap();
    let questions = vins.join("\n");
    let writer = std::thread::spawn(move || input.write_all(questions.as_bytes()));
    let output = program.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The answer as NHTSA's procedure gives it: element → values.
fn elements(answer: &Value) -> Map<String, Value> {
    let mut elements: Map<String, Value> = Map::new();
    let mut add = |id: &str, value: &Value| {
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            let values = elements.entry(id).or_insert_with(|| json!([]));
            values.as_array_mut().unwrap().push(json!(text));
        }
    };
    for attribute in answer["attributes"].as_array().unwrap() {
        add(&attribute["id"].to_string(), &attribute["value"]);
    }
    let errors = answer["errors"].as_array().unwrap();
    let list = |field: &str, separator: &str| {
        let texts: Vec<_> = errors
            .iter()
            .map(|error| {
                error[field]
                    .to_string()
                    .trim_matches('"')
                    .replace("\\\"", "\"")
            })
            .collect();
        let all: String = texts.join(separator).chars().take(500).collect();
        json!(all)
    };
    let none = Vec::new();
    let possible = answer["possible_values"].as_array().unwrap_or(&none);
    let possible: Vec<_> = possible
        .iter()
        .map(|it| {
            format!(
                "({}:{})",
                it["position"],
                it["characters"].as_str().unwrap()
            )
        })
        .collect();
    add("142", &answer["suggested_vin"]);
    add("143", &list("code", ","));
    add("144", &json!(possible.concat()));
    add("156", &answer["additional_error_text"]);
    add("191", &list("text", "; "));
    for values in elements.values_mut() {
        let values = values.as_array_mut().unwrap();
        values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    elements
}

#[test]
fn every_element_is_nhtsas() {
    let golden = golden();
    assert!(golden.len() > 500, "{}", golden.len());
    let vins: Vec<_> = golden
        .iter()
        .map(|it| it["vin"].as_str().unwrap())
        .collect();
    let answers = decode(&vins);
    assert_eq!(answers.len(), golden.len());
    let mut faults = Vec::new();
    for (golden, answer) in golden.iter().zip(&answers) {
        let mut expected = golden["elements"].as_object().unwrap().clone();
        expected.remove(VEHICLE_DESCRIPTOR);
        let found = elements(answer);
        let ids: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).collect();
        for id in ids {
            if expected.get(id) != found.get(id) {
                let (wanted, got) = (expected.get(id), found.get(id));
                faults.push(format!(
                    "{}: element {id}: {got:?}, not {wanted:?}",
                    golden["vin"]
                ));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn the_golden_answers_reach_every_rule() {
    let golden = golden();
    let codes: std::collections::BTreeSet<String> = golden
        .iter()
        .filter_map(|it| it["elements"]["143"][0].as_str())
        .flat_map(|codes| codes.split(','))
        .map(str::to_owned)
        .collect();
    for code in [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "10", "11", "12", "14", "400",
    ] {
        assert!(codes.contains(code), "no golden answer has code {code}");
    }
}
