use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch};
use proptest::prelude::*;

use super::*;

fn page(values: std::ops::Range<i64>) -> Datapoints {
    let values = Arc::new(Int64Array::from_iter_values(values)) as arrow_array::ArrayRef;
    Datapoints::new(RecordBatch::try_from_iter([("value", values)]).expect("a batch"))
}

fn position(delivered: u64) -> Position {
    format!("{delivered}/(0195544e-1f00-1a2b-3c4d-000000000001").parse().expect("a position")
}

fn interval() -> TimeInterval {
    "2025-01-01/2025-01-02".parse().expect("an interval")
}

/// Returns the message of a failure.
fn text(result: Result<(), Failure>) -> String {
    match result {
        Err(Failure::Other(report) | Failure::Usage(report)) => report.to_string(),
        other => format!("{other:?}"),
    }
}

/// Writes a spool with three pages, and returns its offsets after the header and each page.
fn spool(path: &Path) -> Vec<u64> {
    let mut spool = Spool::open(path).expect("a spool");
    spool.begin(&[("--filter", "a < 1".to_owned())], interval()).expect("a beginning");
    let mut ends = vec![spool.end];
    for index in 0..3 {
        spool.write(&page(index * 10..index * 10 + 10), &position(index as u64 * 10 + 10)).expect("it is written");
        ends.push(spool.end);
    }
    ends
}

fn rows(spool: &mut Spool) -> Vec<i64> {
    let mut rows = Vec::new();
    let read = spool.each_page(|page| {
        let column = page.column("value").expect("the column");
        let column = column.as_any().downcast_ref::<Int64Array>().expect("numbers");
        rows.extend(column.values());
        Ok(())
    });
    read.expect("pages");
    rows
}

proptest! {
    /// A crash of the machine may leave any beginning of the file, and one wrong byte.
    #[test]
    fn a_torn_spool_keeps_the_pages_before_the_tear(cut in 0.0..=1.0_f64, flip in proptest::option::of(0.0..1.0_f64)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scenes.csv.resume");
        let ends = spool(&path);
        let mut bytes = fs::read(&path).expect("the spool");
        let cut = (bytes.len() as f64 * cut) as usize;
        bytes.truncate(cut);
        let mut torn = cut;
        if let Some(flip) = flip {
            let flip = (cut as f64 * flip) as usize;
            if let Some(byte) = bytes.get_mut(flip) {
                *byte ^= 0x55;
                torn = flip;
            }
        }
        fs::write(&path, &bytes).expect("it is written");
        let is_magic_wrong = torn < cut && torn < MAGIC.len();
        match Spool::open(&path) {
            Err(_) => prop_assert!(is_magic_wrong),
            Ok(mut spool) => {
                prop_assert!(!is_magic_wrong);
                let whole = ends.iter().filter(|end| **end <= torn as u64).count().saturating_sub(1) as u64;
                prop_assert_eq!(spool.rows(), whole * 10);
                if whole > 0 {
                    let beginning = spool.begin(&[("--filter", "a < 1".to_owned())], interval());
                    prop_assert_eq!(beginning.map(|it| it.position).ok(), Some(position(whole * 10)));
                }
                prop_assert_eq!(rows(&mut spool), (0..whole as i64 * 10).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn a_resumed_spool_continues_with_its_interval() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scenes.csv.resume");
    spool(&path);
    let mut spool = Spool::open(&path).expect("a spool");
    let later = "2026-01-01/2026-01-02".parse().expect("an interval");
    let beginning = spool.begin(&[("--filter", "a < 1".to_owned())], later).expect("a beginning");
    assert_eq!((beginning.interval, beginning.position), (interval(), position(30)));
    spool.write(&page(30..35), &position(35)).expect("it is written");
    assert_eq!(rows(&mut spool), (0..35).collect::<Vec<_>>());
    spool.remove();
    assert!(!path.exists());
}

#[test]
fn another_query_is_refused_with_the_difference() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scenes.csv.resume");
    spool(&path);
    let mut spool = Spool::open(&path).expect("a spool");
    let text = text(spool.begin(&[("--filter", "a < 2".to_owned())], interval()).map(|_| ()));
    assert!(text.contains("whose --filter is `a < 1` rather than `a < 2`"), "{text}");
}

#[test]
fn a_spool_is_locked_and_other_columns_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scenes.csv.resume");
    spool(&path);
    let mut first = Spool::open(&path).expect("a spool");
    let second = text(Spool::open(&path).map(|_| ()));
    assert!(second.contains("another program writes it"), "{second}");
    let other = page(0..1).batch().clone();
    let other = RecordBatch::try_from_iter([("other", Arc::clone(other.column(0)))]).expect("a batch");
    let refused = text(first.write(&Datapoints::new(other), &position(31)));
    assert!(refused.contains("the fields of the dataset have changed"), "{refused}");
    assert_eq!(first.rows(), 30);
}

#[test]
fn another_file_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scenes.csv.resume");
    fs::write(&path, "notes").expect("it is written");
    let refused = text(Spool::open(&path).map(|_| ()));
    assert!(refused.contains("it is another file"), "{refused}");
    assert_eq!(fs::read(&path).ok().as_deref(), Some(&b"notes"[..]));
}
