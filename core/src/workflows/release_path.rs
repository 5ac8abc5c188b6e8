//! The tree of files of a release.

use std::fmt;

use crate::error::UnreadableMessage;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;

/// Maximum depth of a tree. A decoder of protobuf accepts 100 nested messages in all.
const MAX_DEPTH: usize = 64;
/// Maximum number of characters of a printed path.
const MAX_PRINTED: usize = 200;

const TOO_DEEP: &str = "the files of a release are nested in more than 64 directories";

/// A file or a directory of a release.
///
/// Its tree has at most 64 levels. Deeper directories are left out, and publishing such a tree is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ReleasePath {
    path: String,
    is_directory: bool,
    children: Vec<ReleasePath>,
    /// The number of levels, at least 1.
    depth: usize,
    /// Whether deeper levels were left out.
    is_cut: bool,
}

impl ReleasePath {
    /// Returns a file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_directory: false, children: Vec::new(), depth: 1, is_cut: false }
    }

    /// Returns an empty directory.
    pub fn directory(path: impl Into<String>) -> Self {
        Self { is_directory: true, ..Self::file(path) }
    }

    /// Adds a file or directory to a directory.
    pub fn child(mut self, child: Self) -> Self {
        self.is_cut |= child.is_cut;
        if child.depth >= MAX_DEPTH {
            self.is_cut = true;
        } else {
            self.depth = self.depth.max(child.depth + 1);
            self.children.push(child);
        }
        self
    }

    /// Adds files and directories to a directory.
    pub fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.is_directory
    }

    /// Returns the files and directories directly in this directory.
    pub fn entries(&self) -> &[Self] {
        &self.children
    }

    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If directories are nested more than 64 levels deep.
    pub(super) fn from_wire(path: wire::Path) -> Result<Self, UnreadableMessage> {
        Self::from_wire_within(path, MAX_DEPTH)
    }

    fn from_wire_within(path: wire::Path, levels: usize) -> Result<Self, UnreadableMessage> {
        let below = levels.checked_sub(1).ok_or_else(|| UnreadableMessage::new(TOO_DEEP))?;
        let root = if path.directory { Self::directory(path.path) } else { Self::file(path.path) };
        path.children.into_iter().try_fold(root, |root, child| Ok(root.child(Self::from_wire_within(child, below)?)))
    }

    /// Converts into a message, or returns the reason of an error.
    #[cfg(feature = "client")]
    pub(super) fn to_wire(&self) -> Result<wire::Path, &'static str> {
        if self.is_cut {
            return Err(TOO_DEEP);
        }
        let children = self.children.iter().map(Self::to_wire);
        Ok(wire::Path {
            path: self.path.clone(),
            directory: self.is_directory,
            children: children.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the printed lines of the tree: each level is indented by four spaces, and directories end with a slash.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        // The depth is limited, and the stack holds the siblings of one path.
        let mut stack = vec![(0, self)];
        std::iter::from_fn(move || {
            let (level, path) = stack.pop()?;
            stack.extend(path.children.iter().rev().map(|child| (level + 1, child)));
            let name = excerpt(&path.path, MAX_PRINTED);
            let slash = if path.is_directory && !name.ends_with('/') { "/" } else { "" };
            Some(format!("{:indent$}{name}{slash}", "", indent = 4 * level))
        })
    }
}

/// The tree, a line for each file and directory.
impl fmt::Display for ReleasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines().enumerate() {
            write!(f, "{}{line}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> ReleasePath {
        let innermost = ReleasePath::directory("0");
        (1..levels).fold(innermost, |inner, level| ReleasePath::directory(level.to_string()).child(inner))
    }

    fn nested_message(levels: usize) -> wire::Path {
        let innermost = wire::Path { path: "0".to_owned(), directory: true, children: Vec::new() };
        (1..levels).fold(innermost, |inner, level| wire::Path {
            path: level.to_string(),
            directory: true,
            children: vec![inner],
        })
    }

    #[test]
    fn a_tree_prints_indented_lines() {
        let source =
            ReleasePath::directory("src").children([ReleasePath::file("main.rs"), ReleasePath::file("lib.rs")]);
        let tree = ReleasePath::directory("clouds/").child(source).child(ReleasePath::file("a\nb"));
        assert_eq!(tree.to_string(), "clouds/\n    src/\n        main.rs\n        lib.rs\n    a b");
    }

    #[cfg(feature = "client")]
    #[test]
    fn a_tree_round_trips_to_64_levels() {
        for levels in [1, 2, MAX_DEPTH] {
            let tree = nested(levels);
            let message = tree.to_wire().expect("a message");
            assert_eq!(message, nested_message(levels));
            assert_eq!(ReleasePath::from_wire(message).expect("a tree"), tree);
        }
    }

    #[cfg(feature = "client")]
    #[test]
    fn a_deeper_tree_is_an_error_without_overflow() {
        for levels in [MAX_DEPTH + 1, 100_000] {
            assert_eq!(nested(levels).to_wire(), Err(TOO_DEEP), "{levels}");
        }
        ReleasePath::from_wire(nested_message(MAX_DEPTH + 1)).expect_err("too deep");
    }
}
