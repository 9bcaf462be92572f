//! Tests of the catalogue over HTTP, on real stores.
