//! Output of handles in a notebook.

use super::{Collection, Dataset, Datasets, blocking};

/// Shows values of these types as text in a notebook.
macro_rules! shown_as_text {
    ($($name:ty),*) => { $(
        impl $name {
            /// Shows it as text below a cell of a notebook. evcxr calls this method.
            #[doc(hidden)]
            pub fn evcxr_display(&self) {
                $crate::notebook::show_text(self);
            }
        }
    )* };
}
pub(in crate::client) use shown_as_text;

shown_as_text!(Datasets, Dataset, Collection, blocking::Datasets, blocking::Dataset, blocking::Collection);
