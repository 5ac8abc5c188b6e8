//! How handles are shown in a notebook: as what they print.

use super::{Collection, Dataset, Datasets, blocking};
use crate::notebook;

macro_rules! shown_as_text {
    ($($name:ty),*) => { $(
        impl $name {
            /// Shows it as the value of a cell, as text. evcxr calls it.
            pub fn evcxr_display(&self) {
                notebook::show_text(self);
            }
        }
    )* };
}

shown_as_text!(Datasets, Dataset, Collection, blocking::Datasets, blocking::Dataset, blocking::Collection);
