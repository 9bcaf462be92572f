//! Whose a listening port is, so that another program's answer is never taken for a child's.

/// Whether whoever connects to the port on the loopback interface reaches this process; `None` where
/// that cannot be told (not Linux, or a process whose files are closed to the caller).
#[cfg(target_os = "linux")]
pub(crate) fn belongs(port: u16, pid: u32) -> Option<bool> {
    let mut sockets = listening("/proc/net/tcp", port)?;
    if sockets.is_empty() {
        // A socket of both families is listed as IPv6 only.
        sockets = listening("/proc/net/tcp6", port).unwrap_or_default();
    }
    let held = held(pid)?;
    Some(!sockets.is_empty() && sockets.iter().all(|socket| held.contains(socket)))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn belongs(_port: u16, _pid: u32) -> Option<bool> {
    None
}

/// The sockets of a proc(5) table that take connections to this port of 127.0.0.1.
#[cfg(target_os = "linux")]
fn listening(table: &str, port: u16) -> Option<Vec<String>> {
    let table = std::fs::read_to_string(table).ok()?;
    let lines = table.lines().skip(1);
    Some(
        lines
            .filter_map(|line| socket_of(line, port))
            .map(|inode| format!("socket:[{inode}]"))
            .collect(),
    )
}

/// The inode of the socket on this line, if it listens on the port and 127.0.0.1 leads to it.
#[cfg(target_os = "linux")]
fn socket_of(line: &str, port: u16) -> Option<&str> {
    const LISTEN: &str = "0A";
    /// 127.0.0.1 and any address, in the byte orders of the machine; then the same as IPv6.
    const REACHED: [&str; 6] = [
        "0100007F",
        "7F000001",
        "00000000",
        "00000000000000000000000000000000",
        "0000000000000000FFFF00000100007F",
        "00000000000000000000FFFF7F000001",
    ];
    let mut fields = line.split_ascii_whitespace();
    let (address, its_port) = fields.nth(1)?.split_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    let listens = state == LISTEN && u16::from_str_radix(its_port, 16).ok()? == port;
    (listens && REACHED.contains(&address)).then_some(inode)
}

/// What the process's open files are.
#[cfg(target_os = "linux")]
fn held(pid: u32) -> Option<std::collections::BTreeSet<String>> {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    Some(
        files
            .flatten()
            .filter_map(|file| std::fs::read_link(file.path()).ok())
            .map(|target| target.to_string_lossy().into_owned())
            .collect(),
    )
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_port_belongs_to_the_process_that_listens_there_and_to_no_other() {
        let me = std::process::id();
        let mut other = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        for address in ["127.0.0.1:0", "0.0.0.0:0"] {
            let listener = std::net::TcpListener::bind(address).unwrap();
            let port = listener.local_addr().unwrap().port();
            assert_eq!(belongs(port, me), Some(true), "{address}");
            assert_eq!(belongs(port, other.id()), Some(false), "{address}");
            drop(listener);
            assert_eq!(belongs(port, me), Some(false), "{address}");
        }
        other.kill().unwrap();
        other.wait().unwrap();
        assert_eq!(belongs(1, other.id()), None);
    }

    #[test]
    fn a_line_of_the_table_is_read_by_its_columns() {
        let line = "   0: 0100007F:3C49 00000000:0000 0A 00000000:00000000 00:00000000 00000000  101        0 4711 1 0 100 0 0 10 0";
        assert_eq!(socket_of(line, 15433), Some("4711"));
        assert_eq!(socket_of(line, 15434), None);
        assert_eq!(socket_of(&line.replace(" 0A ", " 01 "), 15433), None);
        assert_eq!(
            socket_of(&line.replace("0100007F", "0200007F"), 15433),
            None
        );
    }
}
