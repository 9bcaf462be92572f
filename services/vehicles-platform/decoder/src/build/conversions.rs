//! Displacements in other units, in the arithmetic of PostgreSQL's `numeric`, whose digits vPIC shows as they come.
//!
//! The six formulas multiply or divide a displacement by a constant. Product: the sum of both scales. Quotient: at least 16
//! significant digits, told by the first base-10,000 digit of each operand (`select_div_scale` of PostgreSQL's `numeric.c`).

/// A decimal number: `digits` divided by ten to the power of `scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal {
    digits: i128,
    scale: u32,
    /// Written without a point: PostgreSQL multiplies two of those as integers.
    whole: bool,
}

/// The answer of a formula such as `#x# * 16.387064`. What PostgreSQL cannot calculate is 0, as in vPIC's procedure.
pub(super) fn convert(formula: &str, value: &str) -> String {
    calculate(formula, value).unwrap_or_else(|| "0".to_owned())
}

fn calculate(formula: &str, value: &str) -> Option<String> {
    let value = parse(value.trim())?;
    let rest = formula.trim().strip_prefix("#x#")?.trim_start();
    let (operator, constant) = rest.split_at_checked(1)?;
    let constant = parse(constant.trim())?;
    match operator {
        "*" => multiply(value, constant).map(show),
        "/" => divide(value, constant).map(show),
        _ => None,
    }
}

fn parse(text: &str) -> Option<Decimal> {
    let (front, back) = text.split_once('.').unwrap_or((text, ""));
    if front.is_empty() && back.is_empty() {
        return None;
    }
    if !front
        .bytes()
        .chain(back.bytes())
        .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    Some(Decimal {
        digits: format!("{front}{back}").parse().ok()?,
        scale: u32::try_from(back.len()).ok()?,
        whole: !text.contains('.'),
    })
}

fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    Some(Decimal {
        digits: a.digits.checked_mul(b.digits)?,
        scale: a.scale.checked_add(b.scale)?,
        whole: a.whole && b.whole,
    })
}

fn divide(a: Decimal, b: Decimal) -> Option<Decimal> {
    if b.digits == 0 {
        return None;
    }
    if a.whole && b.whole {
        let digits = a.digits.checked_div(b.digits)?;
        return Some(Decimal { digits, ..a });
    }
    let ((a_weight, a_first), (b_weight, b_first)) = (leading(a), leading(b));
    let mut weight = a_weight - b_weight;
    if a_first <= b_first {
        weight -= 1;
    }
    let scale = u32::try_from(16 - weight * 4).unwrap_or(0);
    let scale = scale.max(a.scale).max(b.scale);
    let shift = scale.checked_add(b.scale)?.checked_sub(a.scale)?;
    let dividend = a.digits.checked_mul(10_i128.checked_pow(shift)?)?;
    let half = b.digits / 2;
    Some(Decimal {
        digits: dividend.checked_add(half)?.checked_div(b.digits)?,
        scale,
        whole: false,
    })
}

/// The weight and the value of the first digit in base 10,000.
fn leading(number: Decimal) -> (i32, i128) {
    if number.digits == 0 {
        return (0, 0);
    }
    // Whole base-10,000 digits behind the point.
    let behind = number.scale.div_ceil(4);
    let pad = 10_i128.pow(behind * 4 - number.scale);
    let mut digits = number.digits.saturating_mul(pad);
    let mut weight = -i32::try_from(behind).unwrap_or(0);
    while digits >= 10_000 {
        digits /= 10_000;
        weight += 1;
    }
    (weight, digits)
}

fn show(number: Decimal) -> String {
    let scale = usize::try_from(number.scale).unwrap_or(0);
    let width = scale.saturating_add(1);
    let digits = format!("{:0>width$}", number.digits);
    let (front, back) = digits.split_at(digits.len().saturating_sub(scale));
    if back.is_empty() {
        front.to_owned()
    } else {
        format!("{front}.{back}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PostgreSQL 15 answers.
    #[test]
    fn digits_are_postgresqls() {
        for (formula, value, expected) in [
            ("#x# / 1000.", "1998", "1.9980000000000000"),
            ("#x# / 1000.", "2.0", "0.00200000000000000000"),
            ("#x# / 16.387064 ", "1998", "121.9254407012751033"),
            ("#x# / 0.016387064 ", "3.5", "213.5831043315629938"),
            ("#x# / 16.387064 ", "350", "21.3583104331562994"),
            ("#x# / 0.016387064 ", "0.5", "30.5118720473661420"),
            ("#x# / 0.016387064 ", "6000", "366142.464568393704"),
            ("#x# * 16.387064 ", "183", "2998.832712"),
            ("#x# * 0.016387064 ", "183", "2.998832712"),
            ("#x# * 1000", "1.5", "1500.0"),
            ("#x# * 1000", "2", "2000"),
            ("#x# * 1000", "TBD", "0"),
            ("#x# * 1000", "1.5.2", "0"),
        ] {
            assert_eq!(convert(formula, value), expected, "{formula} of {value}");
        }
    }
}
