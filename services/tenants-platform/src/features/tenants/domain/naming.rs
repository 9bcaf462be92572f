//! What may stand in the texts of a tenant.

const LONGEST_NAME: usize = 200;
const LONGEST_REASON: usize = 500;

/// What is wrong with a name, or with what a caller calls a tenant.
pub(crate) fn name_fault(text: &str) -> Option<&'static str> {
    (!is_text(text, LONGEST_NAME)).then_some("must have 1 to 200 printable characters")
}

/// What is wrong with the reason of a suspension.
pub(crate) fn reason_fault(text: &str) -> Option<&'static str> {
    (!is_text(text.trim(), LONGEST_REASON)).then_some("must have 1 to 500 printable characters")
}

fn is_text(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
