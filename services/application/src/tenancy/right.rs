//! What a handler is for, as a type: it cannot be reached by who may not do it.

use contracts::tenants::Role;

/// What somebody must be able to do.
pub(crate) trait Right: 'static {
    /// The least powerful role that can.
    const LEAST: Role;
    /// In words.
    const WHAT: &'static str;
}

/// Looks at what is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Views;

/// Adds readings and fuel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Adds;

/// Changes what belongs to the tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edits;

impl Right for Views {
    const LEAST: Role = Role::Viewer;
    const WHAT: &'static str = "look at this";
}

impl Right for Adds {
    const LEAST: Role = Role::Driver;
    const WHAT: &'static str = "add readings";
}

impl Right for Edits {
    const LEAST: Role = Role::Editor;
    const WHAT: &'static str = "change this";
}
