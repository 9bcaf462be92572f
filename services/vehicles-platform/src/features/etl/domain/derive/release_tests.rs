//! The embedded release, against counts and samples taken from it independently.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions, reason = "tests stop at the first surprise")]

use std::io::Read;
use std::time::Instant;

use super::super::tables::{Collector, VpicTables};
use super::{AsOf, derive};

fn collect() -> VpicTables {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/vPICList_lite_2026_10.sql.zst");
    let mut text = Vec::new();
    zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap().read_to_end(&mut text).unwrap();
    let start = Instant::now();
    let mut collector = Collector::default();
    let mut rest = text.as_slice();
    let finder = b"\nCOPY vpic.";
    while let Some(at) = rest.windows(finder.len()).position(|window| window == finder) {
        rest = &rest[at + finder.len()..];
        let line_end = rest.iter().position(|&byte| byte == b'\n').unwrap();
        let header = std::str::from_utf8(&rest[..line_end]).unwrap();
        let (table, columns) = header.split_once(" (").unwrap();
        let columns: Vec<String> = columns.split_once(')').unwrap().0.split(", ").map(str::to_owned).collect();
        rest = &rest[line_end + 1..];
        let end = if rest.starts_with(b"\\.\n") { 0 } else { rest.windows(4).position(|w| w == b"\n\\.\n").unwrap() + 1 };
        if Collector::wants(table) {
            collector.begin(table, &columns).unwrap();
            for chunk in rest[..end].chunk_by(|_, _| true) {
                collector.rows(chunk).unwrap();
            }
        }
        rest = &rest[end..];
    }
    let tables = collector.finish().unwrap();
    println!("collect {:?}", start.elapsed());
    tables
}

#[test]
fn explore() {
    let tables = collect();
    let start = Instant::now();
    let catalog = derive(&tables, AsOf(2026)).unwrap();
    println!("derive {:?} cpu {}", start.elapsed(), std::fs::read_to_string("/proc/thread-self/schedstat").unwrap());
    println!(
        "makes {} models {} trims {} engines {} transmissions {} model_years {} configurations {}",
        catalog.makes.len(), catalog.models.len(), catalog.trims.len(), catalog.engines.len(),
        catalog.transmissions.len(), catalog.model_years.len(), catalog.configurations.len()
    );
    use std::collections::BTreeSet;
    let set = |moto: bool| -> Vec<_> { catalog.model_years.iter().filter(|r| if moto { r.vehicle_types & 8 != 0 } else { r.vehicle_types & 7 != 0 }).collect() };
    for moto in [false, true] {
        let rows = set(moto);
        let ym: BTreeSet<(i16, i32)> = rows.iter().map(|r| (r.year, r.model_id)).collect();
        let years: BTreeSet<_> = rows.iter().map(|r| r.year).collect();
        let makes: BTreeSet<_> = rows.iter().map(|r| r.make_id).collect();
        let year_makes: BTreeSet<_> = rows.iter().map(|r| (r.year, r.make_id)).collect();
        let models: BTreeSet<_> = rows.iter().map(|r| r.model_id).collect();
        let conf: Vec<_> = catalog.configurations.iter().filter(|c| ym.contains(&(c.year, c.model_id))).collect();
        let t: BTreeSet<_> = conf.iter().filter_map(|c| c.trim_id.map(|t| (c.year, c.model_id, t))).collect();
        let e: BTreeSet<_> = conf.iter().filter_map(|c| c.engine_id.map(|t| (c.year, c.model_id, t))).collect();
        let x: BTreeSet<_> = conf.iter().filter_map(|c| c.transmission_id.map(|t| (c.year, c.model_id, t))).collect();
        let dis = |s: &BTreeSet<(i16, i32, i64)>| s.iter().map(|&(y, m, _)| (y, m)).collect::<BTreeSet<_>>().len();
        println!("moto {moto}: years {} makes {} year-makes {} models {} year-models {} confs {}", years.len(), makes.len(), year_makes.len(), models.len(), ym.len(), conf.len());
        let plain = |id: i64| { let e = catalog.engines.iter().find(|r| r.id == id).unwrap(); (e.name.split(" (").next().unwrap().to_owned(), 0) };
        let names: std::collections::BTreeMap<i64, String> = catalog.engines.iter().map(|r| (r.id, plain(r.id).0)).collect();
        let es: BTreeSet<_> = e.iter().map(|k| (k.0, k.1, &names[&k.2])).collect();
        let nodisp: std::collections::BTreeSet<i64> = catalog.engines.iter().filter(|r| r.displacement_dl.is_none() && r.name != "Electric").map(|r| r.id).collect();
        println!("  engines without model text {} ; without displacement {}", es.len(), e.iter().filter(|k| nodisp.contains(&k.2)).count());
        for (a, b) in [(1985, 1989), (1995, 1999), (2005, 2009), (2015, 2019), (2020, 2024)] {
            let mut n: Vec<usize> = ym.iter().filter(|k| (a..=b).contains(&k.0)).map(|k| e.range((k.0, k.1, 0)..=(k.0, k.1, i64::MAX)).count()).collect();
            n.sort_unstable();
            println!("   all types {a}: {} {} {}", n[n.len()/2], n[n.len()*9/10], n[n.len()*99/100]);
        }
        println!("  trims {} ({}) engines {} ({}) transmissions {} ({})", t.len(), dis(&t), e.len(), dis(&e), x.len(), dis(&x));
        for y in [1990, 2000, 2010, 2015, 2020, 2022, 2024, 2026, 2027] {
            print!("{y} {}/{}; ", year_makes.iter().filter(|r| r.0 == y).count(), ym.iter().filter(|r| r.0 == y).count());
        }
        println!();
        if !moto {
            for (a, b) in [(1985, 1989), (1995, 1999), (2005, 2009), (2010, 2014), (2015, 2019), (2020, 2024), (2025, 2027)] {
                let cm: BTreeSet<_> = rows.iter().filter(|r| r.vehicle_types & 3 != 0 && (a..=b).contains(&r.year)).map(|r| (r.year, r.model_id)).collect();
                let share = |s: &BTreeSet<(i16, i32, i64)>| s.iter().map(|&(y, m, _)| (y, m)).filter(|k| cm.contains(k)).collect::<BTreeSet<_>>().len() * 100 / cm.len();
                let mut n: Vec<usize> = cm.iter().map(|k| e.range((k.0, k.1, 0)..=(k.0, k.1, i64::MAX)).count()).collect();
                n.sort_unstable();
                println!("{a}-{b}: {} trim {} engine {} trans {}; engines median {} p90 {} p99 {}", cm.len(), share(&t), share(&e), share(&x), n[n.len()/2], n[n.len()*9/10], n[n.len()*99/100]);
            }
        }
    }
    let name = |year: i16, make: &str, model: &str| {
        let mk = catalog.makes.iter().find(|m| m.name == make).unwrap().id;
        for m in catalog.models.iter().filter(|m| m.make_id == mk && m.name == model) {
            println!("== {year} {make} {model} {}", m.id);
            for c in catalog.configurations.iter().filter(|c| c.year == year && c.model_id == m.id) {
                println!("   {:?} | {:?} | {:?} | {:?}-{:?}",
                    c.trim_id.map(|i| &catalog.trims.iter().find(|t| t.id == i).unwrap().name),
                    c.engine_id.map(|i| &catalog.engines.iter().find(|t| t.id == i).unwrap().name),
                    c.transmission_id.map(|i| &catalog.transmissions.iter().find(|t| t.id == i).unwrap().name), c.power_hp_min, c.power_hp_max);
            }
        }
    };
    {
        let ym: BTreeSet<(i16, i32)> = catalog.model_years.iter().filter(|r| r.vehicle_types & 7 != 0).map(|r| (r.year, r.model_id)).collect();
        let e: BTreeSet<_> = catalog.configurations.iter().filter(|c| ym.contains(&(c.year, c.model_id))).filter_map(|c| c.engine_id.map(|t| (c.year, c.model_id, t))).collect();
        let en: std::collections::BTreeMap<i64, &str> = catalog.engines.iter().map(|r| (r.id, r.name.as_str())).collect();
        let mut n: Vec<_> = ym.iter().map(|k| (e.range((k.0, k.1, 0)..=(k.0, k.1, i64::MAX)).count(), *k)).collect();
        n.sort_unstable();
        n.reverse();
        let mut by_make: std::collections::BTreeMap<(&str, i16), usize> = Default::default();
        for (c, k) in &n {
            let m = catalog.models.iter().find(|m| m.id == k.1).unwrap();
            let mk = catalog.makes.iter().find(|x| x.id == m.make_id).unwrap();
            *by_make.entry((mk.name.as_str(), k.0 / 10 * 10)).or_default() += c;
        }
        let mut bm: Vec<_> = by_make.into_iter().collect();
        bm.sort_by_key(|x| std::cmp::Reverse(x.1));
        println!("BYMAKE {:?}", &bm[..40]);
        for (c, k) in n.iter().step_by(97).take(8) {
            let m = catalog.models.iter().find(|m| m.id == k.1).unwrap();
            let mk = catalog.makes.iter().find(|x| x.id == m.make_id).unwrap();
            println!("TOP {c} {} {} {}: {:?}", k.0, mk.name, m.name, e.range((k.0, k.1, 0)..=(k.0, k.1, i64::MAX)).map(|x| en[&x.2]).collect::<Vec<_>>());
        }
    }
    name(2022, "Honda", "Civic"); name(2022, "Ford", "F-150"); name(2023, "Toyota", "Camry");
    for m in ["Model 3", "Model S", "Model X", "Model Y"] { name(2020, "Tesla", m); }
    let of = |year: i16, make: &str| {
        let mk = catalog.makes.iter().find(|m| m.name == make).unwrap().id;
        let ms: Vec<_> = catalog.model_years.iter().filter(|r| r.year == year && r.make_id == mk).map(|r| format!("{}:{}", catalog.models.iter().find(|m| m.id == r.model_id).unwrap().name, r.vehicle_types)).collect();
        println!("{year} {make}: {} {}", ms.len(), ms.join(", "));
    };
    of(2022, "Honda"); println!("{:?}", catalog.makes.iter().filter(|m| m.name.contains("arley")).collect::<Vec<_>>()); of(2018, "Harley-Davidson"); of(2020, "Tesla");
    let m22: BTreeSet<_> = catalog.model_years.iter().filter(|r| r.year == 2022 && r.vehicle_types & 7 != 0).map(|r| &catalog.makes.iter().find(|m| m.id == r.make_id).unwrap().name).collect();
    println!("{m22:?}");
    println!("{:?}", catalog.transmissions.iter().map(|t| &t.name).collect::<Vec<_>>());
    println!("{:?}", catalog.engines.iter().step_by(80).map(|t| &t.name).collect::<Vec<_>>());
}
