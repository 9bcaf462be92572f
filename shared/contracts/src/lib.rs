#![doc = include_str!("../README.md")]

pub mod tenants;
pub mod vehicles;
pub mod vin;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A list, or one page of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    /// The items, in their order.
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page; null when this is the last.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A list that is complete.
    pub fn complete(data: Vec<T>) -> Self {
        Self {
            data,
            next_cursor: None,
        }
    }
}
