//! How far a geometry reaches in the plane.

use crate::wkb::{Position, Shape};

/// Whether a single line or ring goes all the way around the world. Parts on both sides of the antimeridian do not.
pub(super) fn spans_world(shape: &Shape) -> bool {
    shape
        .lines
        .iter()
        .chain(shape.polygons.iter().flatten())
        .any(|line| Bounds::around(line.iter()).is_some_and(|bounds| bounds.high[0] - bounds.low[0] >= WORLD))
}

/// In degrees of longitude.
const WORLD: f64 = 360.0;

/// The smallest box of longitudes and latitudes around a geometry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    low: [f64; 2],
    high: [f64; 2],
}

impl Bounds {
    /// `None` for an empty geometry.
    pub(super) fn of(shape: &Shape) -> Option<Self> {
        Self::around(shape.positions())
    }

    fn around<'a>(mut positions: impl Iterator<Item = &'a Position>) -> Option<Self> {
        let first = positions.next()?;
        Some(positions.fold(Self { low: *first, high: *first }, |bounds, position| Self {
            low: [bounds.low[0].min(position[0]), bounds.low[1].min(position[1])],
            high: [bounds.high[0].max(position[0]), bounds.high[1].max(position[1])],
        }))
    }

    /// Whether the boxes share a point.
    pub(super) fn overlap(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.low[axis] <= other.high[axis] && other.low[axis] <= self.high[axis])
    }

    /// Whether the other box is inside.
    pub(super) fn contain(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.low[axis] <= other.low[axis] && other.high[axis] <= self.high[axis])
    }
}
