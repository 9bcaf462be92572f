//! Lets a source that reads asynchronously feed a sink that blocks.

use super::super::EtlError;
use super::super::rows::{RowSink, TableShape};
use bytes::Bytes;
use std::sync::mpsc::{SyncSender, sync_channel};

/// How many parts wait between the two threads.
const WAITING: usize = 4;

enum Part {
    Begin(TableShape),
    Rows(Bytes),
    End,
}

struct Relay(SyncSender<Part>);

impl Relay {
    fn send(&self, part: Part) -> Result<(), EtlError> {
        self.0.send(part).map_err(|_| EtlError::Stopped)
    }
}

impl RowSink for Relay {
    fn begin(&mut self, shape: &TableShape) -> Result<(), EtlError> {
        self.send(Part::Begin(shape.clone()))
    }

    fn rows(&mut self, lines: Bytes) -> Result<(), EtlError> {
        self.send(Part::Rows(lines))
    }

    fn end(&mut self) -> Result<(), EtlError> {
        self.send(Part::End)
    }
}

/// Runs `read` on a thread of its own, which may hold a runtime, and hands what it sends to `sink` on this one, which
/// holds none and may block.
pub(super) fn relayed<T: Send>(
    sink: &mut dyn RowSink,
    read: impl FnOnce(&mut dyn RowSink) -> Result<T, EtlError> + Send,
) -> Result<T, EtlError> {
    let (sender, parts) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || read(&mut Relay(sender)));
        // When the sink fails, the end of `parts` stops the reader.
        let passed = parts.into_iter().try_for_each(|part| match part {
            Part::Begin(shape) => sink.begin(&shape),
            Part::Rows(lines) => sink.rows(lines),
            Part::End => sink.end(),
        });
        let read = reading.join().map_err(|_| EtlError::Stopped)?;
        passed.and(read)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the loading side has it: sending blocks, which no thread inside a runtime may do.
    struct Blocking(tokio::sync::mpsc::Sender<Bytes>);

    impl RowSink for Blocking {
        fn begin(&mut self, _: &TableShape) -> Result<(), EtlError> {
            Ok(())
        }
        fn rows(&mut self, lines: Bytes) -> Result<(), EtlError> {
            self.0.blocking_send(lines).map_err(|_| EtlError::Stopped)
        }
        fn end(&mut self) -> Result<(), EtlError> {
            Ok(())
        }
    }

    fn send_from_a_runtime(sink: &mut dyn RowSink, blocks: usize) -> Result<usize, EtlError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            sink.begin(&TableShape {
                name: "make".to_owned(),
                columns: Vec::new(),
            })?;
            for _ in 0..blocks {
                tokio::task::yield_now().await;
                sink.rows(Bytes::from_static(b"1\tHonda\n"))?;
            }
            sink.end()?;
            Ok(blocks)
        })
    }

    #[test]
    fn rows_read_inside_a_runtime_reach_a_sink_that_blocks() {
        let (sender, mut received) = tokio::sync::mpsc::channel(1);
        let counting =
            std::thread::spawn(move || std::iter::from_fn(|| received.blocking_recv()).count());
        let sent = relayed(&mut Blocking(sender), |sink| send_from_a_runtime(sink, 100));
        assert_eq!(sent.unwrap(), 100);
        assert_eq!(counting.join().unwrap(), 100);
    }

    #[test]
    fn a_sink_that_fails_stops_the_reader() {
        let (sender, received) = tokio::sync::mpsc::channel(1);
        drop(received);
        let sent = relayed(&mut Blocking(sender), |sink| {
            send_from_a_runtime(sink, 1_000)
        });
        assert!(matches!(sent, Err(EtlError::Stopped)));
    }
}
