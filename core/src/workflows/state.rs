//! The states of jobs and tasks.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::schema::closest;

/// Declares the states of something: an enum that keeps unknown numbers.
macro_rules! states {
    ($(#[$attribute:meta])* $name:ident, $noun:literal: $($(#[$doc:meta])* $variant:ident = $number:literal $text:literal,)*) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A state that this version does not know, with its number on the wire. Number 0 means that the server sent none.
            Unknown(i32),
        }

        impl $name {
            /// The known states in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the state with this number on the wire.
            #[must_use]
            pub const fn from_number(number: i32) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }

            /// Returns its number on the wire.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Unknown(number) => number,
                }
            }

            /// Returns its name, such as `running`; `unknown` for a state that this version does not know.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(_) => "unknown",
                }
            }
        }

        /// Prints its name, and the number of an unknown state.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Unknown(number) if *number != 0 => f.pad(&format!("unknown ({number})")),
                    known => f.pad(known.as_str()),
                }
            }
        }

        /// Parses its name in any case.
        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                let found = Self::ALL.iter().find(|state| state.as_str().eq_ignore_ascii_case(text.trim()));
                found.copied().ok_or_else(|| {
                    let names = Self::ALL.iter().map(|state| state.as_str());
                    let advice = closest::advice(text, names, concat!("the states of a ", $noun, " are"));
                    Error::invalid(concat!("read the state of a ", $noun), format!("there is no state `{text}`"), advice)
                })
            }
        }
    };
}

states! {
    /// The state of a job.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::workflows::JobState;
    ///
    /// assert!(JobState::Canceled.is_final() && !JobState::Started.is_final());
    /// assert_eq!("failed".parse::<JobState>()?, JobState::Failed);
    /// assert_eq!(JobState::from_number(9).to_string(), "unknown (9)");
    /// # Ok::<(), tilebox_core::Error>(())
    /// ```
    JobState, "job":
    /// All tasks are queued.
    Submitted = 1 "submitted",
    /// At least one task is running.
    Running = 2 "running",
    /// Some tasks were computed, others are queued, and none is running.
    Started = 3 "started",
    /// All tasks have ended, and the failed ones were optional.
    Completed = 4 "completed",
    /// A task that is not optional failed for good; the other tasks stay queued.
    Failed = 5 "failed",
    /// A user canceled it.
    Canceled = 6 "canceled",
}

states! {
    /// The state of a task.
    TaskState, "task":
    /// It waits for a runner, or for other tasks.
    Queued = 1 "queued",
    /// A runner executes it.
    Running = 2 "running",
    /// It succeeded. Its subtasks may still run.
    Computed = 3 "computed",
    /// It failed for good, which fails the job.
    Failed = 4 "failed",
    /// It was not executed, because a task of the same optional subtree failed.
    Skipped = 5 "skipped",
    /// It failed for good, in an optional subtree. The job continues.
    FailedOptional = 6 "failed_optional",
}

impl JobState {
    /// Returns whether the job has ended: completed, failed or canceled. Retrying it starts it again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

impl TaskState {
    /// Returns whether the task has ended: computed, failed or skipped.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Computed | Self::Failed | Self::Skipped | Self::FailedOptional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wire::workflows::v1 as wire;
    use proptest::prelude::*;

    #[test]
    fn states_have_the_numbers_of_the_wire() {
        for state in JobState::ALL {
            let wire = wire::JobState::try_from(state.number()).expect("a state of the wire");
            assert_eq!(wire.as_str_name(), format!("JOB_STATE_{}", state.as_str().to_uppercase()));
        }
        for state in TaskState::ALL {
            let wire = wire::TaskState::try_from(state.number()).expect("a state of the wire");
            assert_eq!(wire.as_str_name(), format!("TASK_STATE_{}", state.as_str().to_uppercase()));
        }
        assert!(wire::JobState::try_from(JobState::ALL.len() as i32 + 1).is_err());
        assert!(wire::TaskState::try_from(TaskState::ALL.len() as i32 + 1).is_err());
    }

    #[test]
    fn an_absent_state_prints_as_unknown() {
        assert_eq!(JobState::from_number(0).to_string(), "unknown");
        assert_eq!(format!("[{:>12}]", TaskState::from_number(-3)), "[unknown (-3)]");
        assert_eq!(format!("[{:>9}]", TaskState::Queued), "[   queued]");
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_names() {
        let error = "complete".parse::<JobState>().expect_err("not a state");
        assert_eq!(
            error.to_string(),
            "cannot read the state of a job: there is no state `complete`; did you mean `completed`? the states of a job \
             are submitted, running, started, completed, failed, canceled"
        );
    }

    proptest! {
        #[test]
        fn every_number_is_kept(number: i32) {
            prop_assert_eq!(JobState::from_number(number).number(), number);
            prop_assert_eq!(TaskState::from_number(number).number(), number);
        }

        #[test]
        fn every_name_reads_back(index in 0..6_usize) {
            prop_assert_eq!(JobState::ALL[index].to_string().parse::<JobState>().expect("its name"), JobState::ALL[index]);
            prop_assert_eq!(TaskState::ALL[index].as_str().to_uppercase().parse::<TaskState>().expect("its name"), TaskState::ALL[index]);
        }
    }
}
