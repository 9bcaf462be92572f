//! Room for as many connections as the settings allow: each takes a file descriptor.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Listeners, logs, key files and what the runtime needs.
const OTHERS: u64 = 64;

/// Raises the soft limit of descriptors to the hard one, and says so when `needed` do not fit.
///
/// The usual soft limit of 1,024 would otherwise be reached long before the gateway's own limit, and then upstreams
/// could not be reached either.
pub(crate) fn make_room(needed: u64) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            limit
        }
    };
    let needed = needed.saturating_add(OTHERS);
    if let Some(allowed) = limit.current.filter(|allowed| *allowed < needed) {
        tracing::warn!(
            allowed,
            needed,
            "fewer files may be open than connections are allowed; raise the limit or lower limits.max_connections"
        );
    }
}
