//! The bounding box of a geometry in the plane.

use crate::wkb::Shape;

/// A bounding box of longitudes and latitudes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    low: [f64; 2],
    high: [f64; 2],
}

impl Bounds {
    /// Returns the bounding box of a geometry, or `None` if it is empty.
    pub(super) fn of(shape: &Shape) -> Option<Self> {
        let mut positions = shape.positions();
        let first = positions.next()?;
        Some(positions.fold(Self { low: *first, high: *first }, |bounds, position| Self {
            low: [bounds.low[0].min(position[0]), bounds.low[1].min(position[1])],
            high: [bounds.high[0].max(position[0]), bounds.high[1].max(position[1])],
        }))
    }

    /// Returns whether the boxes share a point.
    pub(super) fn intersects(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.low[axis] <= other.high[axis] && other.low[axis] <= self.high[axis])
    }

    /// Returns whether the other box is inside this one.
    pub(super) fn contains(&self, other: &Self) -> bool {
        (0..2).all(|axis| self.low[axis] <= other.low[axis] && other.high[axis] <= self.high[axis])
    }
}
