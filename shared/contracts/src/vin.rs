//! What the vehicles platform answers about a VIN. The service borrows the texts from its index; a client owns them (`'static`).

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::ToSchema;

/// A VIN to decode.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VinQuestion {
    /// The VIN, whole or from its beginning; `*` stands for a character that is not known. Blanks and dashes are for the eye.
    #[schema(example = "1HGCM82633A004352")]
    pub vin: String,
    /// The model year, where it is known: position 10 repeats every 30 years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 2003)]
    pub model_year: Option<i32>,
}

/// What is known of a VIN.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VinAnswer<'a> {
    /// The VIN, cleaned.
    #[schema(example = "1HGCM82633A004352")]
    pub vin: Cow<'a, str>,
    /// Whether it is well formed: 17 characters, each of a kind that may stand there, and the check digit right.
    pub valid: bool,
    /// Position 9.
    pub check_digit: CheckDigit<'a>,
    /// The manufacturer's code: positions 1 to 3, and 12 to 14 for makers of few vehicles.
    #[schema(example = "1HG")]
    pub wmi: Cow<'a, str>,
    /// Positions 4 to 9, the description.
    #[schema(example = "CM8263")]
    pub vds: Cow<'a, str>,
    /// Positions 10 to 17, the identification.
    #[schema(example = "3A004352")]
    pub vis: Cow<'a, str>,
    /// Positions 12 to 17; 15 to 17 for makers of few vehicles.
    #[schema(example = "004352")]
    pub serial: Cow<'a, str>,
    /// The model year.
    #[schema(example = 2003)]
    pub model_year: Option<i32>,
    /// The VIN as it might be meant; `!` where a character is wrong and the right one not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_vin: Option<Cow<'a, str>>,
    /// What could stand where a character is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub possible_values: Vec<PossibleValues<'a>>,
    /// The vehicle.
    pub vehicle: DecodedVehicle<'a>,
    /// What vPIC says of the VIN: 0 for a clean decode, which warnings may stand beside.
    pub errors: Vec<VinError<'a>>,
    /// More about the errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_error_text: Option<Cow<'a, str>>,
    /// How much of the VIN the release explains, 0 to 1.
    #[schema(example = 1.0)]
    pub confidence: f64,
    /// Every public variable of vPIC, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<VinAttribute<'a>>>,
    /// The load of vehicle data that the answer is from: its month and its number.
    #[schema(example = "2026-10-3")]
    pub data_release: Cow<'a, str>,
}

/// The check digit of a VIN.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckDigit<'a> {
    /// What it should be; null where it cannot be calculated.
    #[schema(example = "3")]
    pub expected: Option<Cow<'a, str>>,
    /// What it is; null where the VIN is shorter.
    #[schema(example = "3")]
    pub actual: Option<Cow<'a, str>>,
    /// Whether it is right, or known to be wrong on the vehicle itself.
    pub valid: bool,
}

/// What could stand at a position.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PossibleValues<'a> {
    /// The position, from 1.
    #[schema(example = 6)]
    pub position: u8,
    /// The characters that the manufacturer uses there.
    #[schema(example = "16")]
    pub characters: Cow<'a, str>,
}

/// A code of vPIC's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VinError<'a> {
    /// 0 to 12, 14 or 400.
    #[schema(example = 0)]
    pub code: u16,
    /// vPIC's words for it.
    #[schema(example = "0 - VIN decoded clean. Check Digit (9th position) is correct")]
    pub text: Cow<'a, str>,
}

/// Something with an id of the catalogue's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Named<'a, Id> {
    /// The id, as the drop-downs have it.
    pub id: Id,
    /// The name, as the drop-downs have it.
    pub name: Cow<'a, str>,
}

/// What the VIN says of the vehicle, in the terms of the drop-downs; null for what it does not say.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecodedVehicle<'a> {
    /// The make.
    pub make: Option<Named<'a, i32>>,
    /// The model.
    pub model: Option<Named<'a, i32>>,
    /// The model year.
    pub year: Option<i32>,
    /// The trim.
    pub trim: Option<Named<'a, i64>>,
    /// The series.
    pub series: Option<Cow<'a, str>>,
    /// The body.
    #[schema(example = "Coupe")]
    pub body_class: Option<Cow<'a, str>>,
    /// What it was certified as.
    #[schema(example = "PASSENGER CAR")]
    pub vehicle_type: Option<Cow<'a, str>>,
    /// Doors.
    pub doors: Option<i32>,
    /// Which wheels are driven.
    pub drive_type: Option<Cow<'a, str>>,
    /// Who made it.
    pub manufacturer: Option<Named<'a, i32>>,
    /// Where it was made.
    pub plant: Option<Plant<'a>>,
    /// The class of the gross vehicle weight rating.
    pub gvwr: Option<Cow<'a, str>>,
    /// The engine, or the electric drive.
    pub engine: Option<DecodedEngine<'a>>,
    /// The transmission.
    pub transmission: Option<DecodedTransmission<'a>>,
    /// Energy of the traction battery, kWh.
    pub battery_kwh: Option<f64>,
    /// Seats.
    pub seats: Option<i32>,
}

/// Where a vehicle was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plant<'a> {
    /// The city.
    pub city: Option<Cow<'a, str>>,
    /// The state or province.
    pub state: Option<Cow<'a, str>>,
    /// The country.
    pub country: Option<Cow<'a, str>>,
    /// The company whose plant it is.
    pub company: Option<Cow<'a, str>>,
}

/// An engine as the VIN tells it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecodedEngine<'a> {
    /// The id that an engine of these facts has in the drop-downs.
    pub id: Option<i64>,
    /// The facts as a label.
    #[schema(example = "3.0L V6 Gasoline (J30A4)")]
    pub name: Option<Cow<'a, str>>,
    /// Displacement in litres, three decimals.
    pub displacement_l: Option<f64>,
    /// How many cylinders.
    pub cylinders: Option<i32>,
    /// How they stand.
    pub configuration: Option<Cow<'a, str>>,
    /// The manufacturer's name for it.
    pub model: Option<Cow<'a, str>>,
    /// Who made it.
    pub manufacturer: Option<Cow<'a, str>>,
    /// The fuel.
    pub fuel_primary: Option<Cow<'a, str>>,
    /// The other fuel of a vehicle that has two.
    pub fuel_secondary: Option<Cow<'a, str>>,
    /// How far it is electric.
    pub electrification: Option<Cow<'a, str>>,
    /// Whether it has a turbocharger.
    pub turbo: Option<bool>,
    /// Brake horsepower; of a range, the lowest.
    pub power_hp: Option<f64>,
}

/// A transmission as the VIN tells it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecodedTransmission<'a> {
    /// The id that a transmission of these facts has in the drop-downs.
    pub id: Option<i64>,
    /// The facts as a label.
    #[schema(example = "5-speed Automatic")]
    pub name: Option<Cow<'a, str>>,
    /// What kind it is.
    pub style: Option<Cow<'a, str>>,
    /// How many forward speeds.
    pub speeds: Option<i16>,
}

/// A variable of vPIC's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VinAttribute<'a> {
    /// vPIC's element id.
    #[schema(example = 28)]
    pub id: u8,
    /// vPIC's name of the variable.
    #[schema(example = "Model")]
    pub name: Cow<'a, str>,
    /// vPIC's short name, for programs.
    #[schema(example = "Model")]
    pub code: Cow<'a, str>,
    /// What it is about.
    #[schema(example = "General")]
    pub group: Cow<'a, str>,
    /// The value as it reads.
    #[schema(example = "Accord")]
    pub value: Option<Cow<'a, str>>,
    /// The id in vPIC's look-up table; the value itself where there is none.
    #[schema(example = "1861")]
    pub value_id: Option<Cow<'a, str>>,
    /// Where it comes from: `pattern`, `formula`, `engine_model`, `vehicle_specification`, `manufacturer`, `model`,
    /// `model_year`, `conversion` or `default`.
    #[schema(example = "pattern")]
    pub source: Cow<'a, str>,
    /// vPIC's id of the pattern, or of the specification, that gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern_id: Option<u32>,
    /// The key of that pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "CM82[67]")]
    pub key: Option<Cow<'a, str>>,
    /// How a conversion was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<Cow<'a, str>>,
}

/// A line of a batch that got no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineError {
    /// The line, or the place in the list, from 1.
    pub line: u64,
    /// What is wrong with it, for programs.
    #[schema(example = "invalid_vin")]
    pub code: String,
    /// What is wrong with it, for a person.
    pub detail: String,
}

/// What a line of a batch answers when it cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineProblem {
    /// The error.
    pub error: LineError,
}
