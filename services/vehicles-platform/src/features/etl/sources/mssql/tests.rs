//! How a SQL Server's types and values become PostgreSQL's.

use super::MssqlAddress;
use super::columns::Described;
use super::encode::push_value;
use std::borrow::Cow;
use tiberius::ColumnData;
use tiberius::numeric::Numeric;
use tiberius::time::{Date, DateTime, DateTime2, SmallDateTime, Time};
use tiberius::xml::XmlData;

fn text(value: &ColumnData<'_>) -> String {
    let mut line = String::new();
    push_value(&mut line, value).unwrap();
    line
}

fn string(text: &'static str) -> ColumnData<'static> {
    ColumnData::String(Some(Cow::Borrowed(text)))
}

#[test]
fn values_become_copy_text() {
    for (value, expected) in [
        (ColumnData::I32(Some(-7)), "-7"),
        (ColumnData::I32(None), "\\N"),
        (ColumnData::U8(Some(255)), "255"),
        (ColumnData::Bit(Some(true)), "t"),
        (ColumnData::Bit(Some(false)), "f"),
        (ColumnData::F64(Some(1.5)), "1.5"),
        (
            ColumnData::Numeric(Some(Numeric::new_with_scale(-1_205, 2))),
            "-12.05",
        ),
        (
            ColumnData::Numeric(Some(Numeric::new_with_scale(5, 3))),
            "0.005",
        ),
        (
            ColumnData::Numeric(Some(Numeric::new_with_scale(42, 0))),
            "42",
        ),
        (
            ColumnData::Guid(Some(uuid::Uuid::nil())),
            "00000000-0000-0000-0000-000000000000",
        ),
        (string("a\tb\\c\r\nd"), "a\\tb\\\\c\\r\\nd"),
        (string(""), ""),
        (string("\\N"), "\\\\N"),
        (ColumnData::String(None), "\\N"),
    ] {
        assert_eq!(text(&value), expected, "{value:?}");
    }
}

#[test]
fn dates_and_times_keep_what_the_server_shows() {
    // 2015-03-04 is 42065 days after 1900-01-01 and 735660 after 0001-01-01.
    let ticks = (10 * 3_600 + 3 * 60 + 54) * 300 + 189;
    assert_eq!(
        text(&ColumnData::DateTime(Some(DateTime::new(42_065, ticks)))),
        "2015-03-04 10:03:54.630000"
    );
    for (tick, shown) in [(1, "003"), (2, "007"), (3, "010"), (299, "997")] {
        let time = text(&ColumnData::DateTime(Some(DateTime::new(-1, tick))));
        assert_eq!(time, format!("1899-12-31 00:00:00.{shown}000"));
    }
    assert_eq!(
        text(&ColumnData::SmallDateTime(Some(SmallDateTime::new(
            42_065, 61
        )))),
        "2015-03-04 01:01:00.000000"
    );
    assert_eq!(
        text(&ColumnData::Date(Some(Date::new(735_660)))),
        "2015-03-04"
    );
    for (increments, scale, shown) in [
        (1_234_567, 7, "123456"),
        (123, 3, "123000"),
        (0, 0, "000000"),
    ] {
        let time = DateTime2::new(Date::new(735_660), Time::new(increments, scale));
        assert_eq!(
            text(&ColumnData::DateTime2(Some(time))),
            format!("2015-03-04 00:00:00.{shown}")
        );
    }
    assert_eq!(text(&ColumnData::DateTime(None)), "\\N");
}

#[test]
fn a_value_without_a_text_form_is_refused() {
    for value in [
        ColumnData::Binary(Some(Cow::Borrowed(&[1, 2]))),
        ColumnData::Xml(Some(Cow::Owned(XmlData::new("<a/>")))),
    ] {
        assert!(push_value(&mut String::new(), &value).is_none());
    }
}

#[test]
fn types_become_those_of_the_postgresql_edition() {
    let described = |data_type, length, precision, scale| Described {
        data_type,
        length,
        precision,
        scale,
    };
    for (column, expected) in [
        (described("int", None, Some(10), Some(0)), Some("integer")),
        (
            described("smallint", None, Some(5), Some(0)),
            Some("smallint"),
        ),
        (
            described("tinyint", None, Some(3), Some(0)),
            Some("smallint"),
        ),
        (described("bit", None, None, None), Some("boolean")),
        (
            described("varchar", Some(250), None, None),
            Some("character varying(250)"),
        ),
        (
            described("nvarchar", Some(-1), None, None),
            Some("character varying"),
        ),
        (
            described("datetime", None, None, None),
            Some("timestamp without time zone"),
        ),
        (
            described("datetime2", None, None, None),
            Some("timestamp without time zone"),
        ),
        (
            described("float", None, Some(53), None),
            Some("double precision"),
        ),
        (
            described("decimal", None, Some(10), Some(2)),
            Some("numeric(10,2)"),
        ),
        (
            described("uniqueidentifier", None, None, None),
            Some("uuid"),
        ),
        (described("varbinary", Some(-1), None, None), None),
        (described("geography", None, None, None), None),
    ] {
        assert_eq!(column.sql_type().as_deref(), expected, "{column:?}");
    }
}

#[test]
fn an_address_is_read_with_its_percent_signs_and_shown_without_its_secrets() {
    let address = MssqlAddress::parse("sa:p%40ss%2Fword@db.example:14330/vPICList_Lite1").unwrap();
    assert_eq!(address.password.as_deref(), Some("p@ss/word"));
    assert_eq!(
        (address.host.as_str(), address.port),
        ("db.example", 14_330)
    );
    assert_eq!(
        format!("{address} {address:?}"),
        "mssql://db.example:14330/vPICList_Lite1 "
            .repeat(2)
            .trim_end()
    );
    assert_eq!(MssqlAddress::parse("sa@db/x").unwrap().port, 1_433);
    for wrong in ["db:1433/x", "sa@db", "sa@db/", "sa@db:x/y", "sa:%4@db/x"] {
        assert!(MssqlAddress::parse(wrong).is_err(), "{wrong}");
    }
}
