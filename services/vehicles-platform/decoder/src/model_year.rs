//! The model years that position 10 can mean.

use crate::index::Index;
use crate::index::tables::{Band, WmiRow};
use crate::vin::Vin;

/// The first year of 17-character VINs.
pub(crate) const FIRST_YEAR: i32 = 1980;
/// The codes of position 10 begin again after 30 years.
const CYCLE: i32 = 30;

/// What position 10 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Years {
    /// The year; of two, the later.
    pub(crate) year: Option<i32>,
    /// The year of the cycle before, where both are possible.
    pub(crate) other: Option<i32>,
}

impl Years {
    /// Whether there is only one year that it can be.
    pub(crate) fn is_settled(self) -> bool {
        self.other.is_none()
    }
}

/// Passenger cars, multipurpose vehicles and light trucks: position 7 tells their cycle (49 CFR 565.15), and position 13 is
/// a digit. vPIC asks this of every manufacturer it knows, published or not.
pub(crate) fn is_light(wmi: Option<&WmiRow>) -> bool {
    wmi.is_some_and(|wmi| match wmi.vehicle_type_id {
        2 | 7 => true,
        3 => wmi.truck_type_id == 1,
        _ => false,
    })
}

/// The years of a VIN, none later than `latest` unless position 7 says so.
pub(crate) fn years(index: &Index, vin: &Vin, wmi: Option<&WmiRow>, latest: i32) -> Years {
    let Some(year) = vin.at(10).and_then(later_year) else {
        return Years {
            year: None,
            other: None,
        };
    };
    let seventh = vin.at(7).filter(|_| is_light(wmi));
    let earlier = seventh.is_some_and(|byte| byte.is_ascii_digit());
    let mut settled = earlier || seventh.is_some_and(|byte| byte.is_ascii_uppercase());
    let mut year = if earlier { year - CYCLE } else { year };
    if year > latest {
        year -= CYCLE;
        settled = true;
    }
    if !settled {
        return Years {
            year: Some(year),
            other: Some(year - CYCLE),
        };
    }
    Years {
        year: Some(of_known_schemas(index, wmi, year, latest)),
        other: None,
    }
}

/// The same year in the other cycle, where the manufacturer has schemas for that one only.
fn of_known_schemas(index: &Index, wmi: Option<&WmiRow>, year: i32, latest: i32) -> i32 {
    let other = if (FIRST_YEAR..=latest - CYCLE).contains(&year) {
        year + CYCLE
    } else if (FIRST_YEAR + CYCLE..=latest).contains(&year) {
        year - CYCLE
    } else {
        return year;
    };
    let bands = wmi.map(|wmi| index.bands_of(wmi)).unwrap_or_default();
    let known = |year| bands.iter().any(|band| band.holds(Some(year)));
    if !known(year) && known(other) {
        other
    } else {
        year
    }
}

impl Band {
    /// Whether the schema is used in a year; without a year, any is.
    pub(crate) fn holds(self, year: Option<i32>) -> bool {
        year.is_none_or(|year| {
            (i32::from(self.year_from)..=i32::from(self.year_to)).contains(&year)
        })
    }
}

/// The year of a code in the cycle from 2010 to 2039.
fn later_year(code: u8) -> Option<i32> {
    Some(match code {
        b'A'..=b'H' => 2010 + i32::from(code - b'A'),
        b'J'..=b'N' => 2018 + i32::from(code - b'J'),
        b'P' => 2023,
        b'R'..=b'T' => 2024 + i32::from(code - b'R'),
        b'V'..=b'Y' => 2027 + i32::from(code - b'V'),
        b'1'..=b'9' => 2031 + i32::from(code - b'1'),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_codes_are_thirty_years() {
        let codes = b"ABCDEFGHJKLMNPRSTVWXY123456789";
        let years: Vec<_> = codes.iter().filter_map(|code| later_year(*code)).collect();
        assert_eq!(years, (2010..2040).collect::<Vec<_>>());
        for none in b"IOQUZ0*" {
            assert_eq!(later_year(*none), None);
        }
    }
}
