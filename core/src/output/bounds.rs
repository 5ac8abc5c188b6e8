//! Bounding boxes.

use geojson::Position;

/// A box in degrees, on the plane of longitude and latitude: the western longitude is never above the eastern one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub(super) west: f64,
    pub(super) south: f64,
    pub(super) east: f64,
    pub(super) north: f64,
}

impl Bounds {
    /// Returns the box of one coordinate, or `None` if it is not finite.
    pub(super) fn of_coordinate(x: f64, y: f64) -> Option<Self> {
        (x.is_finite() && y.is_finite()).then_some(Self { west: x, south: y, east: x, north: y })
    }

    /// Returns west, south, east and north, as GeoJSON orders them.
    pub(super) fn to_array(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }
}

/// Returns the smallest box that contains both.
pub(super) fn union(left: Option<Bounds>, right: Option<Bounds>) -> Option<Bounds> {
    let (Some(left), Some(right)) = (left, right) else { return left.or(right) };
    Some(Bounds {
        west: left.west.min(right.west),
        south: left.south.min(right.south),
        east: left.east.max(right.east),
        north: left.north.max(right.north),
    })
}

/// Returns the smallest box that contains every position with finite numbers.
pub(super) fn of_positions<'a>(positions: impl IntoIterator<Item = &'a Position>) -> Option<Bounds> {
    let boxes = positions.into_iter().filter_map(|position| match position.as_slice() {
        [x, y, ..] => Bounds::of_coordinate(*x, *y),
        _ => None,
    });
    boxes.fold(None, |bounds, position| union(bounds, Some(position)))
}
