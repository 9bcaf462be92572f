//! The server settings of our clusters, written anew at each start.

use std::fmt::Write as _;
use std::path::Path;

/// A socket address holds 107 bytes of path (unix(7)), fewer on macOS; we keep to the smaller.
const LONGEST_SOCKET_PATH: usize = 103;

/// What a cluster is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Keeps data: safe, and small while idle.
    Keeping { shared_buffers_mb: u16 },
    /// Thrown away after the tests: fast, and safe against nothing.
    Throwaway,
}

/// The whole `postgresql.conf`.
pub(crate) fn render(name: &str, port: u16, socket_dir: &Path, purpose: Purpose) -> String {
    let mut text = format!(
        "# Written by mvp at each start; lasting changes: postgresql.local.conf beside this file.\n\
         cluster_name = 'mvp-{name}'\n\
         listen_addresses = '127.0.0.1'\n\
         port = {port}\n\
         unix_socket_directories = '{}'\n\
         unix_socket_permissions = 0700\n\
         password_encryption = 'scram-sha-256'\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         logging_collector = off\n\
         log_line_prefix = '%m [%p] %q%u@%d '\n\
         log_checkpoints = off\n\
         # The details of an error repeat values of the row: somebody's VIN, somebody's address.\n\
         log_error_verbosity = terse\n\
         datestyle = 'iso, mdy'\n\
         default_text_search_config = 'pg_catalog.english'\n\
         # Short queries only: compiling them costs more time and memory than it gives.\n\
         jit = off\n\
         # One machine, no replica: a bulk load into a new table needs no log of every row.\n\
         wal_level = minimal\n\
         max_wal_senders = 0\n",
        sockets(socket_dir, port)
    );
    let purpose = match purpose {
        Purpose::Keeping { shared_buffers_mb } => format!(
            "max_connections = 50\n\
             shared_buffers = {shared_buffers_mb}MB\n\
             maintenance_work_mem = 128MB\n\
             work_mem = 8MB\n\
             max_wal_size = 1GB\n\
             checkpoint_timeout = 15min\n\
             idle_in_transaction_session_timeout = '10min'\n"
        ),
        Purpose::Throwaway => "max_connections = 200\n\
             shared_buffers = 128MB\n\
             maintenance_work_mem = 128MB\n\
             max_wal_size = 2GB\n\
             fsync = off\n\
             synchronous_commit = off\n\
             full_page_writes = off\n"
            .to_owned(),
    };
    let _ = writeln!(text, "{purpose}include_if_exists = 'postgresql.local.conf'");
    text
}

/// The socket folder, or none where the path would be too long for a socket.
fn sockets(folder: &Path, port: u16) -> String {
    let socket = folder.join(format!(".s.PGSQL.{port}"));
    if socket.as_os_str().len() > LONGEST_SOCKET_PATH {
        return String::new();
    }
    folder.display().to_string().replace('\'', "''")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_too_long_for_a_socket_turns_sockets_off() {
        let purpose = Purpose::Keeping {
            shared_buffers_mb: 16,
        };
        let short = render("app", 15432, Path::new("/data/postgres/app"), purpose);
        assert!(short.contains("unix_socket_directories = '/data/postgres/app'"));
        let deep = format!("/{}", "d".repeat(100));
        let long = render("app", 15432, Path::new(&deep), purpose);
        assert!(long.contains("unix_socket_directories = ''\n"));
    }

    #[test]
    fn a_cluster_that_keeps_data_syncs_it() {
        let text = render(
            "app",
            1,
            Path::new("/x"),
            Purpose::Keeping {
                shared_buffers_mb: 16,
            },
        );
        assert!(!text.contains("fsync"));
        assert!(!text.contains("full_page_writes"));
        assert!(text.contains("listen_addresses = '127.0.0.1'"));
    }
}
