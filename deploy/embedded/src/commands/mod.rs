//! One module a command.

pub(crate) mod doctor;
pub(crate) mod down;
pub(crate) mod logs;
pub(crate) mod reset;
pub(crate) mod services;
pub(crate) mod setup;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod up;
pub(crate) mod with_stores;
