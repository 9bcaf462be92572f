//! The access log: one JSON line a request, gathered in memory and written by a thread of its own.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Lines are gathered this long before they are written.
const GATHER: Duration = Duration::from_millis(50);
/// How long the last lines may take.
const LAST_WRITE: Duration = Duration::from_secs(2);
/// When standard output is stuck, lines beyond this many bytes are counted and dropped.
const MAX_BUFFERED: usize = 4 << 20;

/// What a line says. Nothing here comes from a client except the checked request id: no path, no
/// query, no key, so no VIN either.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// The id of the request.
    pub(crate) request_id: &'a str,
    /// The trace.
    pub(crate) trace_id: &'a str,
    /// Whose key it was.
    pub(crate) consumer: Option<&'a str>,
    /// The tenant that the key acts for.
    pub(crate) tenant_id: Option<&'a str>,
    /// The route's prefix.
    pub(crate) route: &'a str,
    /// The method.
    pub(crate) method: &'a str,
    /// The status; 499 when the client left before there was one.
    pub(crate) status: u16,
    /// The upstream's name.
    pub(crate) upstream: Option<&'a str>,
    /// Which of several instances answered.
    pub(crate) instance: Option<&'a str>,
    /// Why the gateway refused it, if it did.
    pub(crate) refused: Option<&'a str>,
    /// Whether the answer ended before its end.
    pub(crate) cut_short: bool,
    /// Bytes of the request body.
    pub(crate) bytes_in: u64,
    /// Bytes of the answer's body.
    pub(crate) bytes_out: u64,
    /// From the head of the request to the end of the answer.
    pub(crate) duration: Duration,
    /// From sending the request to the head of the upstream's answer.
    pub(crate) upstream_duration: Option<Duration>,
}

/// Where the lines go.
#[derive(Clone)]
pub(crate) struct AccessLog {
    shared: Arc<Shared>,
}

struct Shared {
    lines: Mutex<Lines>,
    more: Condvar,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Lines {
    text: String,
    clock: Clock,
    stopping: bool,
}

/// Writes what is left when dropped, if standard output takes it.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    /// Closed by the thread when it has written everything.
    ended: Receiver<()>,
}

impl AccessLog {
    /// Starts the writing thread.
    pub(crate) fn start(sink: impl Write + Send + 'static) -> std::io::Result<(Self, Writer)> {
        let shared = Arc::new(Shared {
            lines: Mutex::default(),
            more: Condvar::new(),
            dropped: AtomicU64::new(0),
        });
        let of_thread = Arc::clone(&shared);
        let (ending, ended) = sync_channel(0);
        std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || {
                write_lines(&of_thread, sink);
                drop(ending);
            })?;
        let writer = Writer {
            shared: Arc::clone(&shared),
            ended,
        };
        Ok((Self { shared }, writer))
    }

    /// Adds a line.
    pub(crate) fn log(&self, line: &Line<'_>) {
        let mut lines = lock(&self.shared.lines);
        if lines.text.len() > MAX_BUFFERED {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let was_empty = lines.text.is_empty();
        let Lines { text, clock, .. } = &mut *lines;
        write_line(text, clock.now(), line);
        drop(lines);
        if was_empty {
            self.shared.more.notify_one();
        }
    }

    /// Lines that were dropped because standard output was stuck.
    pub(crate) fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.shared.lines).stopping = true;
        self.shared.more.notify_one();
        // A stuck standard output would otherwise keep the process for ever; nobody reads those lines.
        let _ = self.ended.recv_timeout(LAST_WRITE);
    }
}

fn lock(lines: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_lines(shared: &Shared, mut sink: impl Write) {
    let mut batch = String::new();
    loop {
        let mut lines = lock(&shared.lines);
        while lines.text.is_empty() && !lines.stopping {
            lines = shared
                .more
                .wait(lines)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if lines.text.is_empty() {
            return;
        }
        if !lines.stopping {
            drop(lines);
            std::thread::sleep(GATHER);
            lines = lock(&shared.lines);
        }
        std::mem::swap(&mut lines.text, &mut batch);
        drop(lines);
        // A closed standard output is no reason to stop serving.
        let _ = sink.write_all(batch.as_bytes()).and_then(|()| sink.flush());
        batch.clear();
    }
}

/// Every string here is made of configured names and checked ids, which need no escaping.
fn write_line(text: &mut String, (second, millis): (&str, u32), line: &Line<'_>) {
    text.push_str("{\"ts\":\"");
    text.push_str(second);
    push_thousandths(text, millis);
    text.push('Z');
    push(
        text,
        "\",\"level\":\"info\",\"service\":\"gateway\",\"msg\":\"request\",\"request_id\":\"",
        line.request_id,
    );
    push(text, "\",\"trace_id\":\"", line.trace_id);
    push(text, "\",\"route\":\"", line.route);
    push(text, "\",\"method\":\"", line.method);
    for (key, value) in [
        ("\",\"consumer\":\"", line.consumer),
        ("\",\"tenant_id\":\"", line.tenant_id),
        ("\",\"upstream\":\"", line.upstream),
        ("\",\"instance\":\"", line.instance),
        ("\",\"refused\":\"", line.refused),
    ] {
        if let Some(value) = value {
            push(text, key, value);
        }
    }
    text.push('"');
    if line.cut_short {
        text.push_str(",\"cut_short\":true");
    }
    push_number(text, ",\"status\":", line.status);
    push_number(text, ",\"bytes_in\":", line.bytes_in);
    push_number(text, ",\"bytes_out\":", line.bytes_out);
    push_ms(text, ",\"duration_ms\":", line.duration);
    if let Some(duration) = line.upstream_duration {
        push_ms(text, ",\"upstream_ms\":", duration);
    }
    text.push_str("}\n");
}

fn push(text: &mut String, key: &str, value: &str) {
    text.push_str(key);
    text.push_str(value);
}

fn push_number(text: &mut String, key: &str, number: impl itoa::Integer) {
    push(text, key, itoa::Buffer::new().format(number));
}

fn push_ms(text: &mut String, key: &str, duration: Duration) {
    push_number(text, key, duration.as_millis());
    push_thousandths(text, duration.subsec_micros() % 1000);
}

/// A point, and three digits.
fn push_thousandths(text: &mut String, number: u32) {
    let leading = match number {
        0..10 => ".00",
        10..100 => ".0",
        _ => ".",
    };
    push_number(text, leading, number);
}

/// The time of day; the date is worked out once a second.
#[derive(Default)]
struct Clock {
    second: u64,
    text: String,
}

impl Clock {
    fn now(&mut self) -> (&str, u32) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        if self.second != now.as_secs() || self.text.is_empty() {
            self.second = now.as_secs();
            let stamp = jiff::Timestamp::UNIX_EPOCH
                .checked_add(Duration::from_secs(self.second))
                .unwrap_or_default();
            self.text.clear();
            let _ = write!(self.text, "{}", stamp.strftime("%Y-%m-%dT%H:%M:%S"));
        }
        (&self.text, now.subsec_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};
    use std::time::Instant;

    /// Says that it was written to, then never returns.
    struct Stuck(Sender<()>);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send(());
            loop {
                std::thread::park();
            }
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_output_does_not_keep_the_process() {
        let (told, written) = channel();
        let (log, writer) = AccessLog::start(Stuck(told)).unwrap();
        log.log(&Line {
            request_id: "r",
            trace_id: "t",
            consumer: None,
            tenant_id: None,
            route: "/",
            method: "GET",
            status: 200,
            upstream: None,
            instance: None,
            refused: None,
            cut_short: false,
            bytes_in: 0,
            bytes_out: 0,
            duration: Duration::ZERO,
            upstream_duration: None,
        });
        written.recv().unwrap();
        let begun = Instant::now();
        drop(writer);
        assert!(begun.elapsed() < LAST_WRITE.saturating_mul(3));
    }
}
