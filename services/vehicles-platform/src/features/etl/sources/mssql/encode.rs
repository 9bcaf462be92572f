//! One row of a SQL Server as a line of COPY text.

use super::super::super::rows::{TableShape, push_copy_text};
use super::super::super::{EtlError, SourceError};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::fmt::Write;
use tiberius::{ColumnData, Row};

const NULL: &str = "\\N";
const YEAR_1: Date = date(1, 1, 1);
const YEAR_1900: Date = date(1900, 1, 1);

/// Appends the row and its line end.
pub(super) fn push_row(line: &mut String, shape: &TableShape, row: &Row) -> Result<(), EtlError> {
    for (number, ((_, value), column)) in row.cells().zip(&shape.columns).enumerate() {
        if number > 0 {
            line.push('\t');
        }
        push_value(line, value).ok_or_else(|| SourceError::ColumnType {
            table: shape.name.clone(),
            column: column.name.clone(),
            sql_type: format!("a value that has no text form: {value:?}"),
        })?;
    }
    line.push('\n');
    Ok(())
}

/// Appends one value; nothing for a kind of value, or a date, that PostgreSQL gets none of.
pub(super) fn push_value(line: &mut String, value: &ColumnData<'_>) -> Option<()> {
    match value {
        ColumnData::U8(number) => push_display(line, number.as_ref()),
        ColumnData::I16(number) => push_display(line, number.as_ref()),
        ColumnData::I32(number) => push_display(line, number.as_ref()),
        ColumnData::I64(number) => push_display(line, number.as_ref()),
        ColumnData::F32(number) => push_display(line, number.as_ref()),
        ColumnData::F64(number) => push_display(line, number.as_ref()),
        ColumnData::Guid(id) => push_display(line, id.as_ref()),
        ColumnData::Bit(bit) => {
            let letter = bit.map(|bit| if bit { 't' } else { 'f' });
            push_display(line, letter.as_ref());
        }
        ColumnData::String(text) => match text {
            Some(text) => push_copy_text(line, text),
            None => line.push_str(NULL),
        },
        ColumnData::Numeric(number) => {
            push_display(
                line,
                number
                    .map(|number| decimal(number.value(), number.scale()))
                    .as_ref(),
            );
        }
        ColumnData::Date(date) => match date {
            Some(date) => push_display(line, Some(&day(YEAR_1, date.days().into())?)),
            None => line.push_str(NULL),
        },
        ColumnData::DateTime(_) | ColumnData::SmallDateTime(_) | ColumnData::DateTime2(_) => {
            match moment(value) {
                Some((from, days, micros)) => push_time(line, day(from, days)?, micros),
                None => line.push_str(NULL),
            }
        }
        ColumnData::Binary(_)
        | ColumnData::Xml(_)
        | ColumnData::Time(_)
        | ColumnData::DateTimeOffset(_) => return None,
    }
    Some(())
}

/// The day from which a type counts, the days since, and the microseconds since midnight.
fn moment(value: &ColumnData<'_>) -> Option<(Date, i64, u64)> {
    match value {
        ColumnData::DateTime(Some(time)) => {
            // Ticks of 1/300 s, shown by SQL Server in thousandths: .003, .007, .010 …
            let millis = (u64::from(time.seconds_fragments()) * 10 + 1) / 3;
            Some((YEAR_1900, time.days().into(), millis * 1_000))
        }
        ColumnData::SmallDateTime(Some(time)) => {
            let minutes = u64::from(time.seconds_fragments());
            Some((YEAR_1900, time.days().into(), minutes * 60_000_000))
        }
        ColumnData::DateTime2(Some(time)) => {
            // Increments of 10^-scale s; PostgreSQL keeps microseconds.
            let (increments, scale) = (time.time().increments(), u32::from(time.time().scale()));
            let micros = match 6_u32.checked_sub(scale) {
                Some(more) => increments * 10_u64.pow(more),
                None => increments / 10_u64.pow(scale - 6),
            };
            Some((YEAR_1, time.date().days().into(), micros))
        }
        _ => None,
    }
}

fn push_display(line: &mut String, value: Option<&impl std::fmt::Display>) {
    match value {
        // Writing to a string cannot fail.
        Some(value) => {
            let _ = write!(line, "{value}");
        }
        None => line.push_str(NULL),
    }
}

fn day(from: Date, days: i64) -> Option<Date> {
    from.checked_add(days.days()).ok()
}

fn push_time(line: &mut String, day: Date, micros: u64) {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let _ = write!(
        line,
        "{day} {hours:02}:{minutes:02}:{seconds:02}.{fraction:06}"
    );
}

/// `-12.05` of -1205 with scale 2.
fn decimal(value: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}
