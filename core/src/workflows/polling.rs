//! The pauses between two requests for a running job.

use std::time::Duration;

use crate::time::Instant;

/// The shortest pause, for jobs that end within a second.
const SHORTEST: Duration = Duration::from_millis(200);

/// The longest pause, for jobs that run for minutes.
const LONGEST: Duration = Duration::from_secs(5);

/// The next pause is the elapsed time divided by this number: the client notices the end of a job at most 10 % late.
const PART: u32 = 10;

/// Decides when a waiting client requests a job again.
///
/// Without an interval of the user, pauses grow with the elapsed time from 0.2 to 5 seconds. A random part shortens
/// each by up to a tenth, so that clients that started together spread.
#[derive(Clone, Debug)]
pub(crate) struct Polling {
    started: Instant,
    interval: Option<Duration>,
    random: fastrand::Rng,
}

impl Polling {
    /// Creates the pauses of a wait that starts now. `seed` varies them.
    pub(crate) fn new(now: Instant, interval: Option<Duration>, seed: u64) -> Self {
        Self { started: now, interval, random: fastrand::Rng::with_seed(seed) }
    }

    /// Returns the time of the next request, after a response that arrived now.
    pub(crate) fn next(&mut self, now: Instant) -> Instant {
        let pause = match self.interval {
            Some(interval) => interval,
            None => {
                let pause = ((now - self.started) / PART).clamp(SHORTEST, LONGEST);
                pause.mul_f64(0.9 + 0.1 * self.random.f64())
            }
        };
        now + pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Instant = Instant::ORIGIN;

    #[test]
    fn an_interval_of_the_user_is_kept() {
        let mut polling = Polling::new(START, Some(Duration::from_secs(30)), 7);
        let later = START + Duration::from_secs(1000);
        assert_eq!(polling.next(later), later + Duration::from_secs(30));
    }

    #[test]
    fn a_job_of_an_hour_takes_few_requests() {
        let mut polling = Polling::new(START, None, 7);
        let (mut now, mut requests) = (START, 0);
        while now < START + Duration::from_secs(3600) {
            now = polling.next(now);
            requests += 1;
        }
        assert!((720..850).contains(&requests), "{requests}");
    }

    proptest! {
        #[test]
        fn pauses_grow_between_their_bounds(milliseconds in 0..10_000_000_u64, seed: u64) {
            let now = START + Duration::from_millis(milliseconds);
            let pause = Polling::new(START, None, seed).next(now) - now;
            let wanted = (now - START).div_f64(10.0).clamp(SHORTEST, LONGEST);
            prop_assert!(pause <= wanted && pause >= wanted.mul_f64(0.899));
        }
    }
}
