//! The tasks of a runner.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::client::workflows::tasks::registry::Registry;
use crate::client::workflows::tasks::{Context, Task, TaskResult};
use crate::error::ErrorKind;
use crate::workflows::TaskIdentifier;

macro_rules! task {
    ($name:ident, $identifier:expr) => {
        #[derive(Serialize, Deserialize)]
        struct $name;

        impl Task for $name {
            fn identifier() -> TaskIdentifier {
                $identifier
            }

            async fn execute(self, _: &Context) -> TaskResult {
                Ok(())
            }
        }
    };
}

task!(First, TaskIdentifier::new("example.com/Task", 1, 0));
task!(Second, TaskIdentifier::new("example.com/Task", 1, 0));
task!(Later, TaskIdentifier::new("example.com/Task", 1, 4));
task!(Nameless, TaskIdentifier::new("", 1, 4));

#[test]
fn a_duplicate_task_is_an_error_with_both_names() {
    let mut registry = Registry::new();
    registry.register::<First>().expect("the first");
    registry.register::<Later>().expect("another version");
    let error = registry.register::<Second>().expect_err("a duplicate");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let text = error.to_string();
    assert!(text.starts_with("cannot register the task `") && text.contains("::Second`: `"), "{text}");
    assert!(
        text.contains("::First` has the same identifier, example.com/Task@v1.0; register each task once"),
        "{text}"
    );
    assert_eq!(registry.identifiers().len(), 2);
}

#[test]
fn a_task_without_a_name_is_refused() {
    let error = Registry::new().register::<Nameless>().expect_err("no name");
    assert_eq!((error.kind(), error.reason()), (ErrorKind::InvalidArgument, "its identifier has no name"));
}

proptest! {
    #[test]
    fn the_highest_compatible_minor_version_is_found(
        versions in prop::collection::btree_set((0_u64..3, prop_oneof![0_u64..6, Just(u64::MAX)]), 0..8),
        submitted in (0_u64..3, 0_u64..6),
    ) {
        let mut registry = Registry::new();
        for (major, minor) in &versions {
            for name in ["a", "b", "c"] {
                let start = |_: &[u8], _: Context| Err(crate::error::Error::invalid("run", "never", ""));
                let identifier = TaskIdentifier::new(name, *major, *minor);
                registry.register_with(identifier, "tests::Task", std::sync::Arc::new(start)).expect("once");
            }
        }
        let found = registry.find(&TaskIdentifier::new("b", submitted.0, submitted.1)).cloned();
        let compatible = versions.iter().filter(|(major, minor)| *major == submitted.0 && *minor >= submitted.1);
        let expected = if versions.contains(&submitted) { Some(&submitted) } else { compatible.max() };
        prop_assert_eq!(found, expected.map(|(major, minor)| TaskIdentifier::new("b", *major, *minor)));
    }
}
