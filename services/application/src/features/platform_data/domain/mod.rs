//! Questions and answers, without anybody who asks or is asked.

pub(super) mod answer;
pub(super) mod question;
pub(super) mod vehicle;
pub(super) mod vpic;
