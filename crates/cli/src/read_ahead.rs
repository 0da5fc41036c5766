//! Records read by a thread of their own, so that a batch takes all that are ready.

use crate::options::Shard;
use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};
use ulmfit::data::readers::Records;
use ulmfit::data::{DataError, Record};

/// Most records in a batch, and most that are read ahead: memory stays flat for any length of input.
const BATCH: usize = 512;

/// Reads while the batch before is being worked on.
pub(crate) struct ReadAhead {
    read: Receiver<Result<Record, DataError>>,
    reader: JoinHandle<Records>,
}

impl ReadAhead {
    /// Starts reading the rows of a shard. Dropping this does not wait for the thread, which may be waiting for input.
    pub(crate) fn start(mut records: Records, shard: Shard) -> io::Result<Self> {
        let (sender, read) = sync_channel(BATCH);
        let reader = Builder::new().name("reader".into()).spawn(move || {
            // fails when there is no receiver left
            _ = (0..).zip(&mut records).try_for_each(|(row, record)| {
                if shard.has(row) || record.is_err() { sender.send(record) } else { Ok(()) }
            });
            records
        })?;
        Ok(Self { read, reader })
    }

    /// Waits for one record and takes all others that are ready; empty at the end.
    ///
    /// Which records share a batch depends on timing and must not change any prediction.
    pub(crate) fn batch(&self) -> impl Iterator<Item = Result<Record, DataError>> {
        self.read.recv().into_iter().chain(self.read.try_iter()).take(BATCH)
    }

    /// The reader, after the last record.
    pub(crate) fn finish(self) -> Records {
        drop(self.read);
        self.reader.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit::data::readers::{LabelUse, ReadOptions, open};
    use ulmfit::setting::Spelling;

    fn lines(count: usize) -> (tempfile::TempDir, Records) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("texts.txt");
        let texts: Vec<String> = (0..count).map(|n| format!("text {n}")).collect();
        std::fs::write(&path, texts.join("\n")).unwrap();
        let options = ReadOptions { labels: LabelUse::Ignored, ..ReadOptions::default() };
        let records = open(&path, &options).unwrap();
        (place, records)
    }

    #[test]
    fn all_that_is_there_comes_at_once() {
        let (_place, records) = lines(300);
        let ahead = ReadAhead::start(records, Shard::ALL).unwrap();
        while !ahead.reader.is_finished() {
            std::thread::yield_now();
        }
        assert_eq!(ahead.batch().count(), 300);
        assert_eq!(ahead.batch().count(), 0);
    }

    #[test]
    fn batches_are_bounded_and_in_order() {
        let (_place, records) = lines(3 * BATCH + 7);
        let ahead = ReadAhead::start(records, Shard::ALL).unwrap();
        let mut texts = Vec::new();
        loop {
            let batch: Vec<Record> = ahead.batch().map(Result::unwrap).collect();
            assert!(batch.len() <= BATCH);
            if batch.is_empty() {
                break;
            }
            texts.extend(batch.into_iter().map(|record| record.fields[0].clone()));
        }
        let wanted: Vec<String> = (0..3 * BATCH + 7).map(|n| format!("text {n}")).collect();
        assert_eq!(texts, wanted);
        assert!(ahead.finish().warnings().messages(Spelling::default()).is_empty());
    }
}
