//! Queries as parallel loads, in virtual time, against a server where all goes wrong that can.
//!
//! Each seed is a server and up to three loads that share a budget. Every load has to end, complete, in order and within its
//! bounds; none may ask for anything once it was cancelled. `TILEBOX_LOADS=100000 cargo test --release -p tilebox-tests --test
//! loading -- --nocapture` runs that many loads; `TILEBOX_SEED` names one.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use tilebox_tests::loading::{Totals, decoder, simulate};

/// How many loads there are, unless `TILEBOX_LOADS` says otherwise.
const LOADS: u64 = 2_000;

#[test]
fn loads_with_faults_end_complete_and_in_order() {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().expect("a number"));
    let (only, wanted) = (number("TILEBOX_SEED"), number("TILEBOX_LOADS").unwrap_or(LOADS));
    let (decoder, start, mut totals, mut seed) = (decoder(), Instant::now(), Totals::default(), only.unwrap_or(0));
    while totals.loads == 0 || (only.is_none() && totals.loads < wanted) {
        match catch_unwind(AssertUnwindSafe(|| simulate(seed, &decoder))) {
            Ok(figures) => totals += figures,
            Err(panic) => {
                eprintln!("repeat with: TILEBOX_SEED={seed} cargo test -p tilebox-tests --test loading");
                resume_unwind(panic);
            }
        }
        seed += 1;
    }
    let Totals { loads, resumed, cancelled, datapoints, requests, faults } = totals;
    println!(
        "{loads} loads of {seed} seeds ended complete and in order: {datapoints} datapoints in {requests} requests with \
         {faults} faults; {resumed} were interrupted and went on, {cancelled} were cancelled; {:.0} loads/s",
        loads as f64 / start.elapsed().as_secs_f64()
    );
    assert!(only.is_some() || (faults > 0 && resumed > 0 && cancelled > 0), "everything happened");
}
