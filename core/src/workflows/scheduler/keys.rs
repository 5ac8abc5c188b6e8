//! Numbers of the scheduler's objects, and tables indexed by them.
//!
//! Nothing is ever removed, so a number is the position in its table and later objects have larger numbers.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A number that indexes a [`Table`].
pub(super) trait Key: Copy {
    fn new(number: u32) -> Self;
    fn number(self) -> u32;
}

macro_rules! keys {
    ($($(#[$docs:meta])* $name:ident),* $(,)?) => {$(
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) struct $name(u32);

        impl Key for $name {
            fn new(number: u32) -> Self {
                Self(number)
            }

            fn number(self) -> u32 {
                self.0
            }
        }
    )*};
}

keys! {
    /// A job, in the order of submission.
    JobKey,
    /// The tasks of one submission, in the order of submission.
    BatchKey,
    /// Tasks of a batch that share their dependencies.
    GroupKey,
    /// A task. The tasks of a batch have consecutive numbers, ordered by group and by id.
    TaskKey,
    /// A cluster, name and version of tasks.
    QueueKey,
}

impl TaskKey {
    /// The lowest number.
    pub(super) const FIRST: Self = Self(0);
}

/// Objects by their numbers.
pub(super) struct Table<K, Item> {
    items: Vec<Item>,
    key: PhantomData<K>,
}

impl<K: Key, Item> Table<K, Item> {
    pub(super) const fn new() -> Self {
        Self { items: Vec::new(), key: PhantomData }
    }

    /// Returns how many more objects fit.
    pub(super) fn room(&self) -> usize {
        (u32::MAX as usize).saturating_sub(self.items.len())
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns the number that the next object gets.
    pub(super) fn next_key(&self) -> K {
        K::new(self.items.len() as u32)
    }

    pub(super) fn push(&mut self, item: Item) -> K {
        let key = self.next_key();
        self.items.push(item);
        key
    }

    pub(super) fn get(&self, key: K) -> Option<&Item> {
        self.items.get(key.number() as usize)
    }

    pub(super) fn keys(&self) -> impl DoubleEndedIterator<Item = K> + use<K, Item> {
        (0..self.items.len() as u32).map(K::new)
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }
}

impl<K: Key, Item> Index<K> for Table<K, Item> {
    type Output = Item;

    fn index(&self, key: K) -> &Item {
        &self.items[key.number() as usize]
    }
}

impl<K: Key, Item> IndexMut<K> for Table<K, Item> {
    fn index_mut(&mut self, key: K) -> &mut Item {
        &mut self.items[key.number() as usize]
    }
}

/// Consecutive numbers, from `first` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span<K> {
    pub(super) first: K,
    pub(super) end: K,
}

impl<K: Key + PartialOrd> Span<K> {
    pub(super) fn len(self) -> u32 {
        self.end.number() - self.first.number()
    }

    /// Returns the position of a number, which is one of these.
    pub(super) fn index_of(self, key: K) -> i64 {
        i64::from(key.number()) - i64::from(self.first.number())
    }

    pub(super) fn iter(self) -> impl DoubleEndedIterator<Item = K> + use<K> {
        (self.first.number()..self.end.number()).map(K::new)
    }
}
