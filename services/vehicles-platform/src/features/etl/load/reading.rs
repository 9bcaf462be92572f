//! The reading thread: every block of rows goes to PostgreSQL and, where needed, to derivation, which begins as soon
//! as the last table has gone by.

use super::super::EtlError;
use super::super::domain::catalog::Catalog;
use super::super::domain::derive::{AsOf, derive};
use super::super::domain::tables::Collector;
use super::super::rows::{RowSink, TableShape};
use super::super::sources::{Gauge, OpenSource};
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

/// A running reading thread.
pub(super) struct Reading {
    events: mpsc::Receiver<Event>,
    catalog: oneshot::Receiver<Result<Catalog, EtlError>>,
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
        let (derived, catalog) = oneshot::channel();
        let checksum = source.checksum.clone();
        let thread = std::thread::Builder::new().name("etl-reading".to_owned());
        thread
            .spawn(move || {
                let mut fork = Fork {
                    sender,
                    collector: Collector::default(),
                    collecting: false,
                };
                let read = source.reader.read(&gauge, &mut fork);
                let Fork {
                    sender, collector, ..
                } = fork;
                let tables =
                    read.and_then(|checksum| Ok((checksum, collector.finish().map_err(unfit)?)));
                let (event, tables) = match tables {
                    Ok((checksum, tables)) => (Event::Complete(checksum), Some(tables)),
                    Err(error) => (Event::Failed(error), None),
                };
                if let (Ok(()), Some(tables)) = (sender.blocking_send(event), tables) {
                    // The indexes are built meanwhile. Nobody waits for the catalogue of a load that has stopped.
                    let catalog = derive(&tables, as_of);
                    let _ = derived
                        .send(catalog.map_err(|error| EtlError::Derivation(Box::new(error))));
                }
            })
            .map_err(|error| EtlError::Derivation(Box::new(error)))?;
        Ok(Self {
            events,
            catalog,
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

    /// The catalogue, once it is derived.
    pub(super) async fn catalog(self) -> Result<Catalog, EtlError> {
        self.catalog.await.unwrap_or(Err(EtlError::Stopped))
    }
}

/// Sends rows to PostgreSQL and to the collector.
struct Fork {
    sender: mpsc::Sender<Event>,
    collector: Collector,
    collecting: bool,
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
        self.collecting = Collector::wants(&shape.name);
        if self.collecting {
            self.collector
                .begin(&shape.name, &shape.column_names())
                .map_err(unfit)?;
        }
        self.send(Event::Begin(shape.clone()))
    }

    fn rows(&mut self, lines: Bytes) -> Result<(), EtlError> {
        self.send(Event::Rows(lines.clone()))?;
        if self.collecting {
            self.collector.rows(&lines).map_err(unfit)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), EtlError> {
        self.send(Event::End)
    }
}
