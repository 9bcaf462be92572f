//! A small release for tests, written as COPY text so that it passes through the collector like a real one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::fmt::Write;

use super::catalog::{Catalog, ConfigurationRow};
use super::derive::{AsOf, derive};
use super::tables::{Collector, VpicTables};

/// Tables, each with its header; columns stand in another order than in the real dump, with one more in front.
const HEADERS: [(&str, &str); 18] = [
    (
        "pattern",
        "extra,updatedon,createdon,attributeid,elementid,keys,vinschemaid,id",
    ),
    ("vinschema", "extra,tobeqced,id"),
    ("wmi_vinschema", "extra,yearto,yearfrom,vinschemaid,wmiid"),
    ("wmi", "extra,publicavailabilitydate,vehicletypeid,id"),
    ("make", "extra,name,id"),
    ("model", "extra,name,id"),
    ("make_model", "extra,makeid,modelid"),
    ("enginemodel", "extra,name,id"),
    (
        "enginemodelpattern",
        "extra,attributeid,elementid,enginemodelid",
    ),
    (
        "vehiclespecschema",
        "extra,tobeqced,vehicletypeid,makeid,id",
    ),
    (
        "vehiclespecschema_model",
        "extra,modelid,vehiclespecschemaid",
    ),
    ("vehiclespecschema_year", "extra,year,vehiclespecschemaid"),
    ("vspecschemapattern", "extra,schemaid,id"),
    (
        "vehiclespecpattern",
        "extra,updatedon,createdon,attributeid,elementid,iskey,vspecschemapatternid",
    ),
    ("fueltype", "extra,name,id"),
    ("engineconfiguration", "extra,name,id"),
    ("electrificationlevel", "extra,name,id"),
    ("transmission", "extra,name,id"),
];

/// What a specification is for.
pub(crate) struct SampleSpec {
    pub(crate) make: u32,
    pub(crate) vehicle_type: u32,
    pub(crate) model: u32,
    pub(crate) year: u16,
}

/// Id, keys of element and value, style, speeds.
pub(crate) type SampleGroup<'a> = (u32, &'a [(u32, &'a str)], &'a str, &'a str);

/// A release under construction: car maker 1 "Honda" with WMI 1 and model 10 "Civic" to begin with.
pub(crate) struct SampleRelease {
    rows: BTreeMap<&'static str, String>,
    next_id: u32,
}

impl SampleRelease {
    pub(crate) fn new() -> Self {
        let mut release = Self {
            rows: BTreeMap::new(),
            next_id: 1,
        };
        for (id, name) in [(1, "Diesel"), (2, "Electric"), (4, "Gasoline")] {
            release.row("fueltype", &[name, &id.to_string()]);
        }
        release.row("engineconfiguration", &["In-Line", "1"]);
        release.row(
            "electrificationlevel",
            &["Strong HEV (Hybrid Electric Vehicle)", "2"],
        );
        for (id, name) in [
            (2, "Automatic"),
            (3, "Manual/Standard"),
            (7, "Continuously Variable Transmission (CVT)"),
        ] {
            release.row("transmission", &[name, &id.to_string()]);
        }
        release.make(1, "Honda").model(1, 10, "Civic").wmi(1, 2);
        // Rows of no consequence: every table has some.
        release.engine_model(900, "unused", &[(9, "4")]);
        release.spec(
            &SampleSpec {
                make: 999,
                vehicle_type: 2,
                model: 999,
                year: 2020,
            },
            &[(999, &[(38, "unused")], "2", "6")],
        );
        release
    }

    pub(crate) fn row(&mut self, table: &'static str, fields: &[&str]) -> &mut Self {
        writeln!(
            self.rows.entry(table).or_default(),
            "?\t{}",
            fields.join("\t")
        )
        .unwrap();
        self
    }

    pub(crate) fn make(&mut self, id: u32, name: &str) -> &mut Self {
        self.row("make", &[name, &id.to_string()])
    }

    pub(crate) fn model(&mut self, make: u32, id: u32, name: &str) -> &mut Self {
        let id = id.to_string();
        self.row("model", &[name, &id])
            .row("make_model", &[&make.to_string(), &id])
    }

    pub(crate) fn wmi(&mut self, id: u32, vehicle_type: u32) -> &mut Self {
        self.row(
            "wmi",
            &[
                "2015-01-01 00:00:00",
                &vehicle_type.to_string(),
                &id.to_string(),
            ],
        )
    }

    /// A schema used by a WMI in a band of years, with patterns of (key, element, value), last changed in 2020.
    pub(crate) fn schema(
        &mut self,
        id: u32,
        wmi: u32,
        band: (u16, Option<u16>),
        patterns: &[(&str, u32, &str)],
    ) -> &mut Self {
        self.row("vinschema", &["f", &id.to_string()])
            .band(id, wmi, band);
        for (key, element, value) in patterns {
            self.pattern(id, key, *element, value, "2020-05-05 10:00:00.5");
        }
        self
    }

    pub(crate) fn band(
        &mut self,
        schema: u32,
        wmi: u32,
        (from, to): (u16, Option<u16>),
    ) -> &mut Self {
        let to = to.map_or("\\N".to_owned(), |year| year.to_string());
        self.row(
            "wmi_vinschema",
            &[
                &to,
                &from.to_string(),
                &schema.to_string(),
                &wmi.to_string(),
            ],
        )
    }

    pub(crate) fn pattern(
        &mut self,
        schema: u32,
        key: &str,
        element: u32,
        value: &str,
        changed: &str,
    ) -> &mut Self {
        self.next_id += 1;
        let (id, element) = (self.next_id.to_string(), element.to_string());
        self.row(
            "pattern",
            &[
                "\\N",
                changed,
                value,
                &element,
                key,
                &schema.to_string(),
                &id,
            ],
        )
    }

    pub(crate) fn engine_model(
        &mut self,
        id: u32,
        name: &str,
        values: &[(u32, &str)],
    ) -> &mut Self {
        self.row("enginemodel", &[name, &id.to_string()]);
        for (element, value) in values {
            self.row(
                "enginemodelpattern",
                &[value, &element.to_string(), &id.to_string()],
            );
        }
        self
    }

    /// A specification with groups of keys; the later group changed later.
    pub(crate) fn spec(&mut self, spec: &SampleSpec, groups: &[SampleGroup<'_>]) -> &mut Self {
        self.next_id += 1;
        let text = self.next_id.to_string();
        self.row(
            "vehiclespecschema",
            &[
                "f",
                &spec.vehicle_type.to_string(),
                &spec.make.to_string(),
                &text,
            ],
        );
        self.row("vehiclespecschema_model", &[&spec.model.to_string(), &text]);
        self.row("vehiclespecschema_year", &[&spec.year.to_string(), &text]);
        for (place, (group, keys, style, speeds)) in groups.iter().enumerate() {
            let group = group.to_string();
            let changed = format!("2021-01-01 00:00:{place:02}");
            self.row("vspecschemapattern", &[&text, &group]);
            for (element, value) in *keys {
                self.row(
                    "vehiclespecpattern",
                    &["\\N", &changed, value, &element.to_string(), "t", &group],
                );
            }
            for (element, value) in [("37", style), ("63", speeds)] {
                if !value.is_empty() {
                    self.row(
                        "vehiclespecpattern",
                        &["\\N", &changed, value, element, "f", &group],
                    );
                }
            }
        }
        self
    }

    pub(crate) fn collect(&self) -> VpicTables {
        let mut collector = Collector::default();
        for (table, header) in HEADERS {
            assert!(Collector::wants(table), "{table}");
            let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
            collector.begin(table, &columns).unwrap();
            collector
                .rows(self.rows.get(table).map_or(&[][..], |rows| rows.as_bytes()))
                .unwrap();
        }
        collector.finish().unwrap()
    }

    /// The catalogue as of 2026.
    pub(crate) fn derive(&self) -> Catalog {
        derive(&self.collect(), AsOf(2026)).unwrap()
    }
}

impl Catalog {
    /// A model-year's configurations as `trim | engine | transmission`, unknown as `-`, sorted.
    pub(crate) fn shown(&self, year: i16, model_id: i32) -> Vec<String> {
        let mut rows: Vec<String> = self
            .of(year, model_id)
            .map(|row| self.names(row).map(|name| name.unwrap_or("-")).join(" | "))
            .collect();
        rows.sort();
        rows
    }

    /// A model-year's configurations.
    pub(crate) fn of(&self, year: i16, model_id: i32) -> impl Iterator<Item = &ConfigurationRow> {
        self.configurations
            .iter()
            .filter(move |row| (row.year, row.model_id) == (year, model_id))
    }

    fn names(&self, row: &ConfigurationRow) -> [Option<&str>; 3] {
        let trim = |id| {
            self.trims
                .iter()
                .find(|row| row.id == id)
                .unwrap()
                .name
                .as_str()
        };
        let engine = |id| {
            self.engines
                .iter()
                .find(|row| row.id == id)
                .unwrap()
                .name
                .as_str()
        };
        let transmission = |id| {
            self.transmissions
                .iter()
                .find(|row| row.id == id)
                .unwrap()
                .name
                .as_str()
        };
        [
            row.trim_id.map(trim),
            row.engine_id.map(engine),
            row.transmission_id.map(transmission),
        ]
    }

    /// The years a model is listed in.
    pub(crate) fn years_of(&self, model_id: i32) -> Vec<i16> {
        self.model_years
            .iter()
            .filter(|row| row.model_id == model_id)
            .map(|row| row.year)
            .collect()
    }
}
