//! `CREATE TABLE vpic.pattern (…)`: the columns, their types, and which of them may not be null.

use super::column_type;

#[derive(Debug, PartialEq)]
pub(super) struct DeclaredTable {
    pub(super) name: String,
    pub(super) columns: Vec<DeclaredColumn>,
}

#[derive(Debug, PartialEq)]
pub(super) struct DeclaredColumn {
    pub(super) name: String,
    /// The type as this program writes it, or, where it is none that is allowed, as the dump has it.
    pub(super) sql_type: Result<String, String>,
    pub(super) not_null: bool,
}

/// The table, if the statement declares one.
pub(super) fn parse(statement: &str) -> Option<DeclaredTable> {
    let rest = statement
        .strip_prefix("CREATE TABLE ")
        .or_else(|| statement.strip_prefix("CREATE UNLOGGED TABLE "))?;
    let (name, body) = rest.split_once('(')?;
    let (body, _) = body.rsplit_once(')')?;
    let (_, table) = unqualified(name.trim())?;
    Some(DeclaredTable {
        name: identifier(table)?,
        columns: top_level_parts(body)
            .into_iter()
            .filter_map(column)
            .collect(),
    })
}

fn column(definition: &str) -> Option<DeclaredColumn> {
    const CONSTRAINTS: [&str; 6] = [
        "CONSTRAINT",
        "PRIMARY",
        "UNIQUE",
        "CHECK",
        "FOREIGN",
        "EXCLUDE",
    ];
    let definition = definition.trim();
    let end = if definition.starts_with('"') {
        definition.get(1..)?.find('"')? + 2
    } else {
        definition.find(char::is_whitespace)?
    };
    let (name, rest) = definition.split_at(end);
    if CONSTRAINTS.contains(&name) {
        return None;
    }
    Some(DeclaredColumn {
        name: identifier(name)?,
        sql_type: column_type::parse(rest.trim()),
        not_null: rest.contains(" NOT NULL"),
    })
}

/// Splits at the commas that stand in no bracket and no quotes.
fn top_level_parts(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let mut quote = None;
    text.split(|character: char| {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0 && quote.is_none()
    })
    .collect()
}

/// Schema and name of `schema.name` or `name`.
pub(super) fn unqualified(name: &str) -> Option<(Option<&str>, &str)> {
    match name.split_once('.') {
        Some((schema, table)) => Some((Some(schema), table)),
        None => (!name.is_empty()).then_some((None, name)),
    }
}

/// An identifier without its quotes. None that PostgreSQL would need escaping for is accepted.
pub(crate) fn identifier(text: &str) -> Option<String> {
    let text = text.trim().trim_matches('"');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!text.is_empty() && text.len() <= 63 && text.bytes().all(plain)).then(|| text.to_owned())
}

pub(super) fn identifiers(list: &str) -> Option<Vec<String>> {
    list.split(',').map(identifier).collect()
}
