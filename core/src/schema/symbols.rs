//! Resolves type names to definitions.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use prost::Message;
use prost_types::EnumDescriptorProto;

use super::descriptor::{FileDescriptor, FileSet, MessageDescriptor};
use super::{Features, SchemaError, SchemaErrorKind};
use crate::protocol::wire::WELL_KNOWN_TYPES;

static WELL_KNOWN_FILES: LazyLock<FileSet> = LazyLock::new(|| FileSet::decode(WELL_KNOWN_TYPES).unwrap_or_default());
static WELL_KNOWN_SYMBOLS: LazyLock<Symbols<'static>> = LazyLock::new(|| {
    let mut symbols = Symbols::default();
    for file in &WELL_KNOWN_FILES.file {
        // The files are fixed and compiled together, so they have no duplicate names.
        let _ = symbols.add_file(file);
    }
    symbols
});

/// The definition of a type.
#[derive(Clone, Copy)]
pub(super) enum Definition<'a> {
    Message(&'a MessageDescriptor, Features),
    Enum(&'a EnumDescriptorProto),
}

/// The types of some files by full name, without a leading dot.
#[derive(Default)]
pub(super) struct Symbols<'a> {
    definitions: HashMap<String, Definition<'a>>,
    files: HashSet<&'a str>,
}

impl<'a> Symbols<'a> {
    /// Adds the types that a file defines, nested ones too.
    pub(super) fn add_file(&mut self, file: &'a FileDescriptor) -> Result<(), SchemaError> {
        self.files.insert(&file.name);
        let features = Features::of_file(file);
        for enumeration in &file.enum_type {
            self.add(join(&file.package, enumeration.name()), Definition::Enum(enumeration))?;
        }
        let mut pending: Vec<_> =
            file.message_type.iter().map(|message| (join(&file.package, &message.name), message, features)).collect();
        while let Some((full_name, message, outer)) = pending.pop() {
            let features = outer.of_message(message);
            for enumeration in &message.enum_type {
                self.add(join(&full_name, enumeration.name()), Definition::Enum(enumeration))?;
            }
            let nested = message.nested_type.iter();
            pending.extend(nested.map(|nested| (join(&full_name, &nested.name), nested, features)));
            self.add(full_name, Definition::Message(message, features))?;
        }
        Ok(())
    }

    fn add(&mut self, full_name: String, definition: Definition<'a>) -> Result<(), SchemaError> {
        match self.definitions.entry(full_name) {
            Entry::Vacant(vacant) => {
                vacant.insert(definition);
                Ok(())
            }
            Entry::Occupied(taken) => {
                Err(SchemaError::new(SchemaErrorKind::Invalid, taken.key(), "duplicate type name"))
            }
        }
    }

    /// Finds the type with this full name in these files, then in the well-known ones.
    pub(super) fn find(&self, full_name: &str) -> Option<Definition<'a>> {
        self.definitions.get(full_name).or_else(|| WELL_KNOWN_SYMBOLS.definitions.get(full_name)).copied()
    }

    /// Resolves a name inside the message `scope` to a type and its full name.
    ///
    /// A leading dot marks a full name. Any other name is searched in the scope and then outwards, as a compiler does, so
    /// a full name without the dot is found last.
    pub(super) fn resolve(&self, scope: &str, name: &str) -> Option<(String, Definition<'a>)> {
        if let Some(full_name) = name.strip_prefix('.') {
            return self.find(full_name).map(|definition| (full_name.to_owned(), definition));
        }
        let mut scope = scope;
        loop {
            let full_name = join(scope, name);
            if let Some(definition) = self.find(&full_name) {
                return Some((full_name, definition));
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    /// Returns whether a file is one of these or well known.
    pub(super) fn has_file(&self, name: &str) -> bool {
        self.files.contains(name) || WELL_KNOWN_SYMBOLS.files.contains(name)
    }
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
