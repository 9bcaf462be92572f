//! The reading thread: every block of rows goes to PostgreSQL and, where needed, to derivation, which begins as soon
//! as the last table has gone by.

use super::super::EtlError;
use super::super::domain::catalog::Catalog;
use super::super::domain::derive::{AsOf, derive};
use super::super::domain::tables::{Collector, VpicTables};
use super::super::rows::{RowSink, TableShape};
use super::super::sources::{Gauge, OpenSource};
use super::decoder_index::IndexRows;
use super::unfit;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Blocks of 256 kB that may wait for PostgreSQL: 16 MB.
const WAITING_BLOCKS: usize = 64;

/// What the reading thread sends.
pub(super) enum Event {
    Begin(TableShape),
    Rows(Bytes),
    End,
    /// Everything was read. The checksum, where only reading could tell it.
    Complete(Option<String>),
    Failed(EtlError),
}

/// What is made of the rows while they go by.
pub(super) struct Derived {
    pub(super) catalog: Catalog,
    /// The index that VINs are decoded from, packed.
    pub(super) index: Vec<u8>,
}

/// A running reading thread.
pub(super) struct Reading {
    events: mpsc::Receiver<Event>,
    derived: oneshot::Receiver<Result<Derived, EtlError>>,
    pub(super) checksum: Option<String>,
    pub(super) checksum_came_late: bool,
}

impl Reading {
    pub(super) fn start(
        source: OpenSource,
        as_of: AsOf,
        gauge: Arc<Gauge>,
    ) -> Result<Self, EtlError> {
        let (sender, events) = mpsc::channel(WAITING_BLOCKS);
        let (made, derived) = oneshot::channel();
        let checksum = source.checksum.clone();
        let thread = std::thread::Builder::new().name("etl-reading".to_owned());
        thread
            .spawn(move || {
                let mut fork = Fork {
                    sender,
                    collector: Collector::default(),
                    collecting: false,
                    index: IndexRows::default(),
                };
                let read = source.reader.read(&gauge, &mut fork);
                let Fork {
                    sender,
                    collector,
                    index,
                    ..
                } = fork;
                let tables =
                    read.and_then(|checksum| Ok((checksum, collector.finish().map_err(unfit)?)));
                let (event, tables) = match tables {
                    Ok((checksum, tables)) => (Event::Complete(checksum), Some(tables)),
                    Err(error) => (Event::Failed(error), None),
                };
                if let (Ok(()), Some(tables)) = (sender.blocking_send(event), tables) {
                    // The indexes are built meanwhile. Nobody waits for the catalogue of a load that has stopped.
                    let _ = made.send(make(&tables, as_of, index));
                }
            })
            .map_err(|error| EtlError::Derivation(Box::new(error)))?;
        Ok(Self {
            events,
            derived,
            checksum_came_late: checksum.is_none(),
            checksum,
        })
    }

    /// The next event; a thread that died is a failure like any other.
    pub(super) async fn next(&mut self) -> Result<Event, EtlError> {
        match self.events.recv().await {
            Some(Event::Failed(error)) => Err(error),
            Some(Event::Complete(checksum)) => {
                if let Some(checksum) = checksum {
                    self.checksum = Some(checksum);
                }
                Ok(Event::Complete(None))
            }
            Some(event) => Ok(event),
            None => Err(EtlError::Stopped),
        }
    }

    /// The catalogue and the index, once they are made.
    pub(super) async fn derived(self) -> Result<Derived, EtlError> {
        self.derived.await.unwrap_or(Err(EtlError::Stopped))
    }
}

/// Derives the catalogue and builds the index, side by side.
fn make(tables: &VpicTables, as_of: AsOf, index: IndexRows) -> Result<Derived, EtlError> {
    std::thread::scope(|scope| {
        let index = scope.spawn(|| index.finish());
        let catalog = derive(tables, as_of);
        let index = index.join().unwrap_or(Err(EtlError::Stopped))?;
        let catalog = catalog.map_err(|error| EtlError::Derivation(Box::new(error)))?;
        Ok(Derived { catalog, index })
    })
}

/// Sends rows to PostgreSQL, to the collector and to the index.
struct Fork {
    sender: mpsc::Sender<Event>,
    collector: Collector,
    collecting: bool,
    index: IndexRows,
}

impl Fork {
    fn send(&self, event: Event) -> Result<(), EtlError> {
        self.sender
            .blocking_send(event)
            .map_err(|_| EtlError::Stopped)
    }
}

impl RowSink for Fork {
    fn begin(&mut self, shape: &TableShape) -> Result<(), EtlError> {
        let columns = shape.column_names();
        self.collecting = Collector::wants(&shape.name);
        if self.collecting {
            self.collector.begin(&shape.name, &columns).map_err(unfit)?;
        }
        self.index.begin(&shape.name, &columns)?;
        self.send(Event::Begin(shape.clone()))
    }

    fn rows(&mut self, lines: Bytes) -> Result<(), EtlError> {
        self.send(Event::Rows(lines.clone()))?;
        if self.collecting {
            self.collector.rows(&lines).map_err(unfit)?;
        }
        self.index.rows(&lines)
    }

    fn end(&mut self) -> Result<(), EtlError> {
        self.send(Event::End)
    }
}
