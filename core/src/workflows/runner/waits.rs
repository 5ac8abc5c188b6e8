//! Random waits, and parts of durations that cannot overflow.

use std::time::Duration;

use super::RunnerPolicy;

/// Returns the wait after `failures` consecutive failures: exponential with full jitter, and at least the wait that the
/// server asks for, but never longer than an idle runner waits.
pub(super) fn backoff(
    random: &mut fastrand::Rng,
    policy: &RunnerPolicy,
    failures: u32,
    retry_after: Option<Duration>,
) -> Duration {
    let ceiling = doubled(policy.first_backoff, failures.saturating_sub(1)).min(policy.longest_backoff);
    let asked = retry_after.unwrap_or_default().min(policy.longest_idle);
    random_part(random, ceiling).max(asked)
}

/// Returns the duration doubled this many times; it saturates.
pub(super) fn doubled(duration: Duration, times: u32) -> Duration {
    duration.saturating_mul(2_u32.saturating_pow(times))
}

/// Returns a uniformly distributed part of a duration.
pub(super) fn random_part(random: &mut fastrand::Rng, duration: Duration) -> Duration {
    part(duration, random.f64())
}

/// Returns a part of a duration. A fraction outside of 0 to 1 counts as the nearest bound, one that is not a number as 1.
pub(super) fn part(duration: Duration, fraction: f64) -> Duration {
    let fraction = if fraction.is_nan() { 1.0 } else { fraction.clamp(0.0, 1.0) };
    Duration::try_from_secs_f64(duration.as_secs_f64() * fraction).map_or(duration, |part| part.min(duration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_part_of_any_duration_is_at_most_the_duration(seconds: u64, nanoseconds in 0..1_000_000_000_u32, fraction: f64) {
            let duration = Duration::new(seconds, nanoseconds);
            prop_assert!(part(duration, fraction) <= duration);
        }

        #[test]
        fn a_backoff_doubles_up_to_its_maximum(failures in 1..u32::MAX, seed: u64) {
            let policy = RunnerPolicy::default();
            let wait = backoff(&mut fastrand::Rng::with_seed(seed), &policy, failures, None);
            prop_assert!(wait <= Duration::from_secs(30));
            if failures <= 8 {
                prop_assert!(wait <= Duration::from_millis(100) * (1 << (failures - 1)));
            }
        }
    }

    #[test]
    fn a_server_that_asks_for_a_wait_gets_it() {
        let policy = RunnerPolicy::default();
        let mut random = fastrand::Rng::with_seed(1);
        let hour = Some(Duration::from_secs(3600));
        assert_eq!(backoff(&mut random, &policy, 1, hour), policy.longest_idle);
        assert_eq!(backoff(&mut random, &policy, 1, Some(Duration::from_secs(7))), Duration::from_secs(7));
    }
}
