//! Queries as parallel loads, in virtual time, against a server with every fault.
//!
//! Each seed is a server and up to three loads that share a budget. Every load has to end, complete, in order and within its
//! bounds; a cancelled load sends no request. Some readers pause for longer than the deadline of a call, connections die, and
//! some faults end loads. These loads resume, and their positions yield exactly the rest.
//!
//! `TILEBOX_LOADS=100000 cargo test --release -p tilebox-tests --test loading -- --nocapture` runs 100000 loads;
//! `TILEBOX_SEED` selects one seed.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use tilebox_tests::loading::{Totals, decoder, simulate};

/// The default number of loads; `TILEBOX_LOADS` sets another.
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
    let Totals {
        loads,
        resumed,
        failed,
        positions,
        slow_readers,
        cancelled,
        datapoints,
        requests,
        faults,
        dead,
        held_up,
    } = totals;
    println!(
        "{loads} loads of {seed} seeds ended complete and in order: {datapoints} datapoints in {requests} requests with \
         {faults} faults; {failed} failed loads and {resumed} interrupted ones resumed, and {positions} of their positions \
         yielded exactly the rest; {slow_readers} had pauses longer than the deadline of a call, {cancelled} were cancelled; \
         {dead} responses were lost with their connection, {held_up} waited for earlier ones; {:.0} loads/s",
        loads as f64 / start.elapsed().as_secs_f64()
    );
    let happened = [resumed, failed, positions, slow_readers, cancelled, faults, dead, held_up];
    assert!(only.is_some() || happened.iter().all(|count| *count > 0), "every kind of event occurs");
}
