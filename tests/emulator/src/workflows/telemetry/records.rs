//! The newest records, found by job and trace.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use uuid::Uuid;

use super::record::{Record, Stored, TraceId};

/// The place of a record in the order of queries: its time, then its number. Numbers ascend with the time of storing.
pub(super) type Position = (u64, u64);

/// The newest records of one kind.
pub(super) struct Records<R> {
    maximum: usize,
    maximum_bytes: usize,
    records: VecDeque<Stored<R>>,
    /// The number of the first record. Numbers begin with 1.
    first: u64,
    /// The memory that all records take, roughly, in bytes.
    bytes: usize,
    /// The numbers of the records of each job that their task names, ascending.
    by_job: HashMap<Uuid, VecDeque<u64>>,
    /// The numbers of the records of each trace, ascending.
    by_trace: HashMap<TraceId, VecDeque<u64>>,
}

impl<R: Record> Records<R> {
    /// Creates an empty store for this number of records and of bytes.
    pub(super) fn new(maximum: usize, maximum_bytes: usize) -> Self {
        Self {
            maximum,
            maximum_bytes,
            records: VecDeque::new(),
            first: 1,
            bytes: 0,
            by_job: HashMap::new(),
            by_trace: HashMap::new(),
        }
    }

    /// Adds records, and drops the oldest ones beyond the limits.
    pub(super) fn extend(&mut self, records: Vec<Stored<R>>) {
        for record in records {
            let number = self.first + self.records.len() as u64;
            if let Some(job) = record.job {
                self.by_job.entry(job).or_default().push_back(number);
            }
            if let Some(trace) = record.record.trace() {
                self.by_trace.entry(trace).or_default().push_back(number);
            }
            self.bytes += record.bytes;
            self.records.push_back(record);
            while self.records.len() > self.maximum || self.bytes > self.maximum_bytes {
                self.drop_first();
            }
        }
    }

    fn drop_first(&mut self) {
        let Some(record) = self.records.pop_front() else { return };
        self.first += 1;
        self.bytes -= record.bytes;
        if let Some(job) = record.job {
            drop_number(&mut self.by_job, job);
        }
        if let Some(trace) = record.record.trace() {
            drop_number(&mut self.by_trace, trace);
        }
    }

    /// Returns the record at a position.
    pub(super) fn get(&self, position: Position) -> Option<&Stored<R>> {
        self.with_number(position.1)
    }

    /// Returns the positions of all records, in the order in which they were stored.
    pub(super) fn all(&self) -> impl Iterator<Item = (Position, &Stored<R>)> {
        self.records.iter().zip(self.first..).map(|(record, number)| ((record.time, number), record))
    }

    /// Returns the records whose task belongs to a job.
    pub(super) fn of_job(&self, job: Uuid) -> impl Iterator<Item = (Position, &Stored<R>)> {
        self.numbered(self.by_job.get(&job))
    }

    /// Returns the records of a trace.
    pub(super) fn of_trace(&self, trace: TraceId) -> impl Iterator<Item = (Position, &Stored<R>)> {
        self.numbered(self.by_trace.get(&trace))
    }

    fn numbered(&self, numbers: Option<&VecDeque<u64>>) -> impl Iterator<Item = (Position, &Stored<R>)> {
        let numbers = numbers.into_iter().flatten();
        numbers.filter_map(|number| self.with_number(*number).map(|record| ((record.time, *number), record)))
    }

    fn with_number(&self, number: u64) -> Option<&Stored<R>> {
        self.records.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

/// Removes the first number of a key, which is that of the oldest record.
fn drop_number<K: Eq + Hash>(numbers: &mut HashMap<K, VecDeque<u64>>, key: K) {
    if let Entry::Occupied(mut entry) = numbers.entry(key) {
        entry.get_mut().pop_front();
        if entry.get().is_empty() {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;

    use super::*;
    use crate::workflows::telemetry::record::Origin;

    fn log(time: u64, trace: u8, job: u8) -> Stored<LogRecord> {
        let record = LogRecord { time_unix_nano: time, trace_id: vec![trace; 16].into(), ..LogRecord::default() };
        let stored = Stored::all(&Arc::new(Origin::default()), vec![record], 0).next().expect("a record");
        Stored { job: (job > 0).then(|| Uuid::from_u128(job.into())), ..stored }
    }

    proptest! {
        #[test]
        fn the_newest_records_are_found_by_job_and_trace(
            logs in prop::collection::vec((1..9_u64, 0..4_u8, 0..3_u8), 0..60), maximum in 1..20_usize,
        ) {
            let mut records = Records::new(maximum, usize::MAX);
            for (time, trace, job) in &logs {
                records.extend(vec![log(*time, *trace, *job)]);
            }
            let start = logs.len().saturating_sub(maximum);
            let numbers = |found: Vec<Position>| found.into_iter().map(|(_, number)| number as usize - 1).collect::<Vec<_>>();
            let expected = |matches: &dyn Fn(&(u64, u8, u8)) -> bool| {
                (start..logs.len()).filter(|index| matches(&logs[*index])).collect::<Vec<_>>()
            };
            prop_assert_eq!(numbers(records.all().map(|(position, _)| position).collect()), expected(&|_| true));
            for job in 1..3_u8 {
                let found = records.of_job(Uuid::from_u128(job.into())).map(|(position, _)| position).collect();
                prop_assert_eq!(numbers(found), expected(&|log| log.2 == job));
            }
            for trace in 1..4_u8 {
                let found = records.of_trace([trace; 16]).map(|(position, _)| position).collect();
                prop_assert_eq!(numbers(found), expected(&|log| log.1 == trace));
            }
            let keys: usize = records.by_trace.values().chain(records.by_job.values()).map(VecDeque::len).sum();
            let indexed = (start..logs.len()).map(|index| usize::from(logs[index].1 > 0) + usize::from(logs[index].2 > 0));
            prop_assert_eq!(keys, indexed.sum::<usize>(), "dropped records leave the indexes");
        }
    }

    #[test]
    fn large_records_drop_older_ones() {
        let size = log(1, 1, 1).bytes;
        let mut records = Records::new(100, 3 * size);
        records.extend((1..=10).map(|time| log(time, 1, 1)).collect());
        assert_eq!(records.all().map(|(position, _)| position).collect::<Vec<_>>(), [(8, 8), (9, 9), (10, 10)]);
        let mut tiny = Records::new(100, size - 1);
        tiny.extend(vec![log(1, 1, 1)]);
        assert!(tiny.all().next().is_none() && tiny.bytes == 0 && tiny.by_job.is_empty());
    }
}
