//! What decoding says in the end.

use super::Request;
use super::codes::ErrorCode;
use super::item::{Content, INCOMPLETE, Item, Source};
use super::pass::{BODY_CLASS, MAKE, Pass};
use crate::check_digit::{self, CheckDigit};
use crate::index::tables::element_flags;
use crate::index::{Index, NONE, position};
use crate::key::Subject;
use crate::vin::Vin;
use std::borrow::Cow;

/// vPIC's type of vehicles that somebody else completes.
const INCOMPLETE_VEHICLE: u16 = 10;
/// vPIC's texts end here.
const MOST_TEXT: usize = 500;

const OFF_ROAD_NOTE: &str = " NOTE: Disregard if this is an off-road vehicle PIN, as check digit calculation may not be accurate.";
const EXCEPTION_NOTE: &str = " NOTE: Check Digit Exception - The check digit was given an exception based on data from the OEM indicating an error on production.";
const INCOMPLETE_NOTE: &str = " Incomplete Vehicle Warning - Please be advised that the vehicle may have been altered and may not be an accurate representation of the vehicle in its current condition. ";
const YEAR_NOTE: &str = " The Model Year decoded for this VIN may be incorrect. If you know the Model year, please enter it and decode again to get more accurate information. ";

/// A text of the index, or one made for this VIN.
pub type Value<'i> = Cow<'i, str>;

/// What is known of a VIN.
#[derive(Debug, Clone)]
pub struct Decoded<'i> {
    /// The VIN.
    pub vin: Vin,
    /// The model year.
    pub model_year: Option<i32>,
    /// Whether it is the only year that the VIN can have.
    pub is_year_certain: bool,
    /// What position 9 should be.
    pub check_digit: CheckDigit,
    /// Whether position 9 is what it should be, or need not be.
    pub is_check_digit_met: bool,
    /// vPIC's codes, ascending.
    pub errors: Vec<ErrorCode>,
    /// The VIN as it might be meant, `!` where a character is not known (element 142).
    pub suggested_vin: Option<String>,
    /// `(position:characters)` for every position in error (element 144).
    pub possible_values: Option<String>,
    /// How many of the positions 4 to 8 and 11 some matched pattern names.
    pub explained_positions: u8,
    index: &'i Index,
    subject: Subject,
    /// What is public, by element.
    items: Vec<Item>,
    notes: Notes,
}

/// What the texts of the codes depend on.
#[derive(Debug, Clone, Default)]
struct Notes {
    off_road: bool,
    exception: bool,
    incomplete: bool,
    unused: Option<String>,
    invalid: String,
}

/// A variable of the vehicle.
#[derive(Debug, Clone)]
pub struct Attribute<'i> {
    /// vPIC's element id.
    pub element: u8,
    /// vPIC's name of the variable.
    pub name: &'i str,
    /// vPIC's short name, for programs.
    pub code: &'i str,
    /// What it is about.
    pub group: &'i str,
    /// The value as it reads; `None` where vPIC names an attribute that has no name.
    pub value: Option<Value<'i>>,
    /// The id in vPIC's look-up table, or the value itself.
    pub attribute_id: Option<Value<'i>>,
    /// Where it comes from.
    pub source: Source,
    /// The pattern, or the specification, that gave it.
    pub pattern_id: Option<u32>,
    /// The schema of the pattern.
    pub schema_id: Option<u32>,
    /// The key of the pattern.
    pub key: Option<&'i str>,
    /// The formula of a conversion.
    pub formula: Option<&'i str>,
}

impl<'i> Decoded<'i> {
    /// Every public variable, by element id.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'i>> + '_ {
        self.items.iter().map(|item| self.attribute(item))
    }

    /// What an element reads as.
    pub fn value(&self, element: u8) -> Option<Value<'i>> {
        contents(self.index, &self.subject, self.item(element)?).1
    }

    /// The id of an element's value in vPIC's look-up table, or the value itself.
    pub fn attribute_id(&self, element: u8) -> Option<Value<'i>> {
        contents(self.index, &self.subject, self.item(element)?).0
    }

    /// The make as it was filed: vPIC shows it in capitals.
    pub fn make_as_filed(&self) -> Option<&'i str> {
        match self.item(MAKE)?.content {
            Content::Make(place) => {
                let make = self.index.makes.get(position(place))?;
                self.index.text(make.filed)
            }
            _ => None,
        }
    }

    /// Where an element's value comes from.
    pub fn source(&self, element: u8) -> Option<Source> {
        self.item(element).map(|item| item.source)
    }

    /// Whether the VIN decoded without an error; warnings may stand beside it.
    pub fn is_clean(&self) -> bool {
        self.errors.contains(&ErrorCode::Clean)
    }

    fn item(&self, element: u8) -> Option<&Item> {
        let place = self.items.partition_point(|item| item.element < element);
        self.items.get(place).filter(|item| item.element == element)
    }

    fn attribute(&self, item: &Item) -> Attribute<'i> {
        let index = self.index;
        let element = index.element(item.element);
        let text = |id: Option<u32>| id.and_then(|id| index.text(id)).unwrap_or_default();
        let (attribute_id, value) = contents(index, &self.subject, item);
        let formula = match item.content {
            Content::Conversion(place) => {
                let row = index.conversions.get(position(place));
                row.and_then(|row| index.text(row.source))
            }
            _ => None,
        };
        let some = |number: u32| (number != NONE).then_some(number);
        let schema_id = match item.source {
            Source::VehicleSpecification => some(item.schema),
            _ => index
                .schemas
                .get(position(item.schema))
                .map(|schema| schema.id),
        };
        Attribute {
            element: item.element,
            name: text(element.map(|it| it.name)),
            code: text(element.map(|it| it.code)),
            group: text(element.map(|it| it.group)),
            value,
            attribute_id,
            source: item.source,
            pattern_id: some(item.pattern),
            schema_id,
            key: index.key(item.key).and_then(|key| index.text(key.text)),
            formula,
        }
    }

    /// vPIC's text of a code, with the note that this VIN calls for.
    pub fn text_of(&self, code: ErrorCode) -> Value<'i> {
        let row = self.index.error_text(code.number());
        let name = row
            .and_then(|row| self.index.text(row.name))
            .unwrap_or_default();
        let name = name.trim_matches(' ');
        match code {
            ErrorCode::CheckDigit if self.notes.off_road => format!("{name}{OFF_ROAD_NOTE}").into(),
            ErrorCode::Clean if self.notes.exception => format!("{name}{EXCEPTION_NOTE}").into(),
            _ => name.into(),
        }
    }

    /// The texts of all codes in one (element 191).
    pub fn error_text(&self) -> String {
        let texts: Vec<_> = self.errors.iter().map(|code| self.text_of(*code)).collect();
        cut(texts.join("; "))
    }

    /// More about the codes (element 156).
    pub fn additional_error_text(&self) -> Option<String> {
        let notes = &self.notes;
        let has = |code| self.errors.contains(&code);
        let mut text: Option<String> = None;
        for code in [ErrorCode::OnePosition, ErrorCode::SeveralPositions] {
            if has(code) {
                let row = self.index.error_text(code.number());
                let more = row.and_then(|it| self.index.text(it.additional));
                text = more.map(str::to_owned);
            }
        }
        let mut add = |more: Option<&str>| {
            // In SQL, a text with something unknown in it is unknown.
            let before = text.take().unwrap_or_default();
            text = more.map(|more| cut(format!("{before}{more}").trim_matches(' ').to_owned()));
        };
        if has(ErrorCode::UnusedPositions) {
            let unused = notes.unused.as_deref();
            let unused = unused.map(|unused| format!(" Unused position(s): {unused}. "));
            add(unused.as_deref());
        }
        if has(ErrorCode::InvalidCharacters) {
            add(Some(&format!(" Invalid character(s): {}. ", notes.invalid)));
        }
        if notes.incomplete {
            add(Some(INCOMPLETE_NOTE));
        }
        if !self.is_year_certain {
            add(Some(YEAR_NOTE));
        }
        text.filter(|text| !text.is_empty())
    }
}

pub(super) fn answer<'i>(request: &Request<'i>, pass: &Pass) -> Decoded<'i> {
    let index = request.index;
    let is_public = |item: &&Item| {
        let element = index.element(item.element);
        element.is_some_and(|it| it.flags & element_flags::PUBLIC != 0)
    };
    let mut items: Vec<Item> = pass.items.all.iter().filter(is_public).copied().collect();
    items.sort_unstable_by_key(|it| (it.element, it.pattern));
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let serial_from_13 = request.light && !request.vin.is_low_volume();
    let body = pass.items.of(BODY_CLASS);
    let incomplete = pass.vehicle_type == Some(INCOMPLETE_VEHICLE)
        || body.is_some_and(|item| item.has_flag(index, INCOMPLETE));
    Decoded {
        vin: request.vin,
        model_year: pass.year,
        is_year_certain: pass.conclusive,
        check_digit: check_digit::calculate(&request.vin, serial_from_13),
        is_check_digit_met: request.vin.is_full() && !pass.codes.contains(ErrorCode::CheckDigit),
        errors: pass.codes.iter().collect(),
        suggested_vin: some(&pass.correction.suggested),
        possible_values: some(&pass.correction.possible),
        explained_positions: pass.correction.explained,
        index,
        subject: request.subject,
        items,
        notes: Notes {
            off_road: pass.off_road,
            exception: request.exception,
            incomplete,
            unused: pass.correction.unused.clone(),
            invalid: pass.correction.invalid.clone(),
        },
    }
}

/// The attribute id and the value.
fn contents<'i>(
    index: &'i Index,
    subject: &Subject,
    item: &Item,
) -> (Option<Value<'i>>, Option<Value<'i>>) {
    let text = |id: u32| index.text(id).map(Cow::Borrowed);
    let attribute = item
        .attribute(index)
        .and_then(|place| index.attribute(place));
    let id = attribute.and_then(|it| text(it.text));
    match item.content {
        Content::Attribute(_) => (id, attribute.and_then(|it| text(it.value))),
        Content::Part { from, length, .. } => {
            let from = usize::from(from);
            let end = (from + usize::from(length)).min(subject.length);
            let part = subject.bytes.get(from..end).unwrap_or_default();
            (
                id,
                Some(Cow::Owned(String::from_utf8_lossy(part).into_owned())),
            )
        }
        Content::Default(place) => {
            let row = index.defaults.get(position(place));
            (id, row.and_then(|row| text(row.value)))
        }
        Content::VehicleType { name, .. } => (id, text(name)),
        Content::Manufacturer(place) => {
            let row = index.manufacturers.get(position(place));
            (
                row.and_then(|it| text(it.id_text)),
                row.and_then(|it| text(it.name)),
            )
        }
        Content::Make(place) => {
            let row = index.makes.get(position(place));
            (
                row.and_then(|it| text(it.id_text)),
                row.and_then(|it| text(it.name)),
            )
        }
        Content::Year(year) => {
            let year: Value<'i> = Cow::Owned(year.to_string());
            (Some(year.clone()), Some(year))
        }
        Content::Conversion(place) => {
            let value = index
                .conversions
                .get(position(place))
                .and_then(|it| text(it.value));
            (value.clone(), value)
        }
    }
}

fn cut(mut text: String) -> String {
    if text.len() <= MOST_TEXT {
        return text;
    }
    if let Some((at, _)) = text.char_indices().nth(MOST_TEXT) {
        text.truncate(at);
    }
    text
}
