//! Values that all tasks of a runner share.

use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

/// The values that all tasks of a runner share, such as clients and models: at most one of each type.
#[derive(Clone, Default)]
pub struct Shared {
    values: BTreeMap<TypeId, (&'static str, Arc<dyn Any + Send + Sync>)>,
}

impl Shared {
    /// Returns a set without values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value. It replaces an earlier one of the same type.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), (type_name::<T>(), Arc::new(value)));
    }

    /// Returns the value of this type.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FailedPrecondition`] if there is none. The error names the type, and the types that there are.
    pub fn get<T: Send + Sync + 'static>(&self) -> Result<&T> {
        let value = self.values.get(&TypeId::of::<T>()).and_then(|(_, value)| value.downcast_ref());
        value.ok_or_else(|| {
            let mut names: Vec<_> = self.values.values().map(|(name, _)| format!("`{name}`")).collect();
            names.sort_unstable();
            let reason = match names.len() {
                0 => "the runner shares no values".to_owned(),
                _ => format!("the runner shares only {}", names.join(", ")),
            };
            let purpose = format!("use the shared value of the type `{}`", type_name::<T>());
            Error::new(ErrorKind::FailedPrecondition, purpose, reason, "add it to the runner with `.shared(value)`")
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.values().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_value_is_found_by_its_type() {
        let mut shared = Shared::new();
        shared.insert(7_u32);
        shared.insert("text".to_owned());
        assert_eq!(
            (shared.get::<u32>().expect("a number"), shared.get::<String>().expect("a text").as_str()),
            (&7, "text")
        );
        shared.insert(8_u32);
        assert_eq!(shared.get::<u32>().expect("a number"), &8);
    }

    #[test]
    fn a_missing_shared_value_names_its_type() {
        let mut shared = Shared::new();
        let error = shared.get::<u64>().expect_err("no value");
        assert_eq!(
            error.to_string(),
            "cannot use the shared value of the type `u64`: the runner shares no values; add it to the runner with \
             `.shared(value)`"
        );
        shared.insert(7_u32);
        shared.insert(1.5_f64);
        assert_eq!(shared.get::<u64>().expect_err("no value").reason(), "the runner shares only `f64`, `u32`");
    }
}
