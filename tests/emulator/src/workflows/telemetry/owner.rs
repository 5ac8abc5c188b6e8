//! The job of a record.
//!
//! A record that names a task belongs to the job of the task. Any other record belongs to the jobs of its trace. Jobs that
//! were submitted within one outer span share a trace; then the record belongs to the job whose submission is among the
//! parents of its span, and without such a parent to all of them.

use std::collections::{HashMap, HashSet};

use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::Span;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use uuid::Uuid;

use super::record::{Record, SpanId, Stored, TraceId, valid_id};
use super::records::{Position, Records};
use crate::services::{ErrorCode, Refusal, required_id};
use crate::workflows::state::State;

/// The largest number of parents that are followed.
const MAXIMUM_PARENTS: usize = 1000;

/// The trace of a job, and the span that submitted it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TraceParent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
}

impl TraceParent {
    /// Reads a `traceparent` (W3C Trace Context); `None` if it is malformed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').skip(1);
        let (trace, span) = (parts.next()?, parts.next()?);
        Some(Self { trace: hex_id(trace)?, span: hex_id(span)? })
    }
}

/// A job whose records are requested.
pub(in crate::workflows) struct Job {
    pub(super) id: Uuid,
    /// `None` if it is malformed.
    pub(super) parent: Option<TraceParent>,
    /// The spans that submitted other jobs of the trace.
    pub(super) others: HashSet<SpanId>,
}

impl Job {
    /// Finds the job of a request.
    pub(in crate::workflows) fn find(state: &mut State, id: Option<&Id>) -> Result<Self, Refusal> {
        let id = required_id("job_id", id)?;
        let unknown = || Refusal::new(ErrorCode::NotFound, format!("job {id} does not exist"));
        let text = state.scheduler().job(id).ok_or_else(unknown)?.trace_parent;
        let Some(parent) = TraceParent::parse(&text) else {
            return Ok(Self { id, parent: None, others: HashSet::new() });
        };
        let trace = text.split('-').nth(1).unwrap_or_default();
        let others = state.scheduler().jobs_of_trace(trace).filter(|(other, _)| *other != id);
        let others = others.filter_map(|(_, parent)| TraceParent::parse(parent)).map(|parent| parent.span).collect();
        Ok(Self { id, parent: Some(parent), others })
    }
}

/// Returns the positions of the records of a job that match.
pub(super) fn positions_of<R: Record>(
    job: &Job,
    records: &Records<R>,
    spans: &Records<Span>,
    matches: impl Fn(&Stored<R>) -> bool,
) -> Vec<Position> {
    let named = records.of_job(job.id).filter(|(_, record)| matches(record)).map(|(position, _)| position);
    let mut positions: Vec<_> = named.collect();
    if let Some(parent) = job.parent {
        let parents = if job.others.is_empty() { None } else { Some(Parents::of(parent.trace, spans)) };
        let unnamed = records.of_trace(parent.trace).filter(|(_, record)| record.job.is_none() && matches(record));
        let owned = unnamed.filter(|(_, record)| match &parents {
            None => true,
            Some(parents) => parents.is_owned(job, parent.span, record.record.span()),
        });
        positions.extend(owned.map(|(position, _)| position));
    }
    positions
}

/// The parent of each known span of a trace, and the job that the span names.
struct Parents(HashMap<SpanId, (Option<SpanId>, Option<Uuid>)>);

impl Parents {
    fn of(trace: TraceId, spans: &Records<Span>) -> Self {
        let parents = spans.of_trace(trace).filter_map(|(_, stored)| {
            let parent = valid_id(&stored.record.parent_span_id);
            Some((stored.record.span()?, (parent, stored.job)))
        });
        Self(parents.collect())
    }

    /// Returns whether a span, or the span of a log, belongs to the job.
    fn is_owned(&self, job: &Job, submission: SpanId, span: Option<SpanId>) -> bool {
        let mut next = span;
        for _ in 0..MAXIMUM_PARENTS {
            let Some(span) = next else { break };
            if span == submission {
                return true;
            }
            if job.others.contains(&span) {
                return false;
            }
            next = match self.0.get(&span) {
                Some((_, Some(named))) => return *named == job.id,
                Some((parent, None)) => *parent,
                None => None,
            };
        }
        true
    }
}

/// Reads an id of hexadecimal digits, exactly two for each byte; `None` if it is not valid.
fn hex_id<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    valid_id(&bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;

    use super::*;
    use crate::workflows::telemetry::record::Origin;

    const TRACE: TraceId = [7; 16];

    fn span(own: u8, parent: u8, job: Option<u128>) -> Stored<Span> {
        let record = Span {
            trace_id: TRACE.to_vec().into(),
            span_id: vec![own; 8].into(),
            parent_span_id: vec![parent; 8].into(),
            start_time_unix_nano: own.into(),
            ..Span::default()
        };
        let stored = Stored::all(&Arc::new(Origin::default()), vec![record], 0).next().expect("a record");
        Stored { job: job.map(Uuid::from_u128), ..stored }
    }

    fn log(span: u8) -> Stored<LogRecord> {
        let record = LogRecord {
            trace_id: TRACE.to_vec().into(),
            span_id: vec![span; 8].into(),
            time_unix_nano: span.into(),
            ..LogRecord::default()
        };
        Stored::all(&Arc::new(Origin::default()), vec![record], 0).next().expect("a record")
    }

    fn job(id: u128, span: u8, others: &[u8]) -> Job {
        Job {
            id: Uuid::from_u128(id),
            parent: Some(TraceParent { trace: TRACE, span: [span; 8] }),
            others: others.iter().map(|span| [*span; 8]).collect(),
        }
    }

    /// Spans: 1 is the outer span. 2 and 3 submit jobs A and B. 4 and 5 are tasks of A without a task id, 6 names B, 7 is a
    /// child of 6, 8 a child of the outer span.
    fn spans() -> Records<Span> {
        let mut spans = Records::new(100, usize::MAX);
        spans.extend(vec![
            span(1, 0, None),
            span(2, 1, None),
            span(3, 1, None),
            span(4, 2, None),
            span(5, 4, None),
            span(6, 99, Some(0xb)),
            span(7, 6, None),
            span(8, 1, None),
        ]);
        spans
    }

    fn times(positions: Vec<Position>) -> Vec<u64> {
        let mut times: Vec<_> = positions.into_iter().map(|(time, _)| time).collect();
        times.sort_unstable();
        times
    }

    #[test]
    fn jobs_of_one_trace_are_told_apart_by_parents() {
        let spans = spans();
        let of = |job: &Job| times(positions_of(job, &spans, &spans, |_| true));
        assert_eq!(of(&job(0xa, 2, &[3])), [1, 2, 4, 5, 8]);
        assert_eq!(of(&job(0xb, 3, &[2])), [1, 3, 6, 7, 8]);
        assert_eq!(of(&job(0xa, 2, &[])), [1, 2, 3, 4, 5, 7, 8], "the only job of its trace");
        assert_eq!(of(&Job { parent: None, ..job(0xb, 3, &[]) }), [6]);
    }

    #[test]
    fn a_log_belongs_to_the_job_of_its_span() {
        let (spans, mut logs) = (spans(), Records::new(100, usize::MAX));
        logs.extend((0..10).map(log).collect());
        let of = |job: &Job| times(positions_of(job, &logs, &spans, |_| true));
        assert_eq!(of(&job(0xa, 2, &[3])), [0, 1, 2, 4, 5, 8, 9]);
        assert_eq!(of(&job(0xb, 3, &[2])), [0, 1, 3, 6, 7, 8, 9]);
    }

    #[test]
    fn spans_that_are_their_own_parents_end_the_search() {
        let mut spans = Records::new(100, usize::MAX);
        spans.extend(vec![span(4, 5, None), span(5, 4, None)]);
        assert_eq!(times(positions_of(&job(0xa, 2, &[3]), &spans, &spans, |_| true)), [4, 5]);
    }

    #[test]
    fn a_trace_parent_has_trace_and_span() {
        let parent = TraceParent::parse("00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01").expect("a parent");
        assert_eq!(parent.span, [0xcd, 0xce, 0xa8, 0x74, 0x43, 0xfc, 0x59, 0xba]);
        for malformed in [
            "",
            "00-8cbb-cdce-01",
            "00-00000000000000000000000000000000-cdcea87443fc59ba-01",
            "00-8cbb60584f5a87aeb6e8db7902beed8é-cdcea87443fc59ba-01",
            "00-8cbb60584f5a87aeb6e8db7902beed85",
        ] {
            assert_eq!(TraceParent::parse(malformed), None, "{malformed}");
        }
    }
}
