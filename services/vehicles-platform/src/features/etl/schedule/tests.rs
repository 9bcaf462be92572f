//! The schedule on a clock that jumps, with a loader that answers as told.
