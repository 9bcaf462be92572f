//! The column types that a release may have. Anything else in a dump is refused by name.

/// Types with the numbers they may carry in brackets.
const ALLOWED: [(&str, &str, usize); 16] = [
    ("character varying", "character varying", 1),
    ("varchar", "character varying", 1),
    ("character", "character", 1),
    ("text", "text", 0),
    ("smallint", "smallint", 0),
    ("integer", "integer", 0),
    ("bigint", "bigint", 0),
    ("numeric", "numeric", 2),
    ("real", "real", 0),
    ("double precision", "double precision", 0),
    ("boolean", "boolean", 0),
    ("uuid", "uuid", 0),
    ("date", "date", 0),
    (
        "timestamp without time zone",
        "timestamp without time zone",
        0,
    ),
    ("timestamp with time zone", "timestamp with time zone", 0),
    ("timestamp", "timestamp without time zone", 0),
];

/// The type at the start of a column's declaration, or what stands there instead.
pub(super) fn parse(declaration: &str) -> Result<String, String> {
    let declaration = without_precision(declaration);
    for (written, canonical, most_numbers) in ALLOWED {
        let Some(rest) = declaration.strip_prefix(written) else {
            continue;
        };
        let numbers = bracketed(rest);
        let behind = rest.get(numbers.len()..).unwrap_or_default();
        let ends = behind.is_empty() || behind.starts_with([' ', '\n']);
        if ends && numbers_fit(numbers, most_numbers) {
            return Ok(format!("{canonical}{numbers}"));
        }
    }
    let refused = declaration
        .split([' ', '\n'])
        .next()
        .unwrap_or(&declaration);
    Err(refused.to_owned())
}

/// `timestamp(6) without time zone` says nothing that `timestamp without time zone` does not: six digits are kept anyway.
fn without_precision(declaration: &str) -> String {
    match declaration.strip_prefix("timestamp(") {
        Some(rest) => match rest.split_once(')') {
            Some((_, behind)) => format!("timestamp{behind}"),
            None => declaration.to_owned(),
        },
        None => declaration.to_owned(),
    }
}

/// `(250)` or `(10,2)` at the start of the text, or nothing.
fn bracketed(text: &str) -> &str {
    match text.find(')') {
        Some(end) if text.starts_with('(') => text.get(..=end).unwrap_or_default(),
        _ => "",
    }
}

fn numbers_fit(numbers: &str, most: usize) -> bool {
    if numbers.is_empty() {
        return true;
    }
    let inner = numbers.trim_matches(['(', ')']);
    let all_digits = inner.split(',').all(|number| {
        let number = number.trim();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    all_digits && inner.split(',').count() <= most
}
