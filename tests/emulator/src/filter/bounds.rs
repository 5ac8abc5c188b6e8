//! How far a geometry reaches in the plane.

use crate::wkb::Shape;

/// The smallest box of longitudes and latitudes around a geometry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    low: [f64; 2],
    high: [f64; 2],
}

impl Bounds {
    /// `None` for an empty geometry.
    pub(super) fn of(shape: &Shape) -> Option<Self> {
        let mut positions = shape.positions();
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
