//! Output of handles in a notebook.

use super::{Collection, Dataset, Datasets, blocking};
use crate::notebook;

macro_rules! shown_as_text {
    ($($name:ty),*) => { $(
        impl $name {
            /// Shows it as text below a cell of a notebook. evcxr calls this method.
            #[doc(hidden)]
            pub fn evcxr_display(&self) {
                notebook::show_text(self);
            }
        }
    )* };
}

shown_as_text!(Datasets, Dataset, Collection, blocking::Datasets, blocking::Dataset, blocking::Collection);
