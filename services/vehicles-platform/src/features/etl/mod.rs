//! The ETL: an NHTSA vPIC release becomes a live schema.

#[cfg_attr(
    not(test),
    expect(
        dead_code,
        unused_imports,
        reason = "the loading side of this capsule calls it"
    )
)]
pub(crate) mod domain;
