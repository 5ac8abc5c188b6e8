//! The part of the globe that a map shows.

use super::outline::{Outline, Place};

/// Heights of a map in parts of its width.
const LOWEST: f64 = 0.35;
const HIGHEST: f64 = 0.9;
/// Around what is drawn there is so much space, in parts of its size.
const MARGIN: f64 = 0.05;
/// The smallest map, in degrees: a point has no size.
const SMALLEST: f64 = 0.02;
/// Footprints that leave less than this free, in degrees, are those of the whole world.
const GAP: f64 = 45.0;
/// Near a pole a degree of longitude becomes so short that the map would show nothing else.
const NARROWEST_DEGREE: f64 = 0.1;

/// From west to east, at most 360 degrees, and from south to north. West is between -180 and 180, east may be beyond.
///
/// Degrees of longitude are as wide as they are in the middle of the map: shapes look right there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub(super) west: f64,
    pub(super) east: f64,
    pub(super) south: f64,
    pub(super) north: f64,
    /// The length of a degree of longitude, in degrees of latitude.
    degree: f64,
}

/// How far something reaches to the west and to the east.
type Span = (f64, f64);

impl Window {
    /// The whole world.
    pub(super) const WORLD: Self = Self { west: -180.0, east: 180.0, south: -90.0, north: 90.0, degree: 1.0 };

    /// The smallest window with all of these, and a margin; the whole world when there are none.
    pub(super) fn around<'a>(outlines: impl Iterator<Item = &'a Outline> + Clone) -> Self {
        let latitudes = outlines.clone().flat_map(places).map(|place| place[1]);
        let (south, north) = latitudes.fold((f64::INFINITY, f64::NEG_INFINITY), |(south, north), latitude| {
            (south.min(latitude), north.max(latitude))
        });
        let Some((west, east)) = shortest(outlines.filter_map(span).collect()) else { return Self::WORLD };
        if (west, east, south, north) == (-180.0, 180.0, -90.0, 90.0) {
            return Self::WORLD;
        }
        let degree = ((south + north) / 2.0).to_radians().cos().max(NARROWEST_DEGREE);
        let margin = |size: f64| (size * MARGIN).max(SMALLEST / 2.0);
        let (wide, high) = (margin(east - west), margin(north - south));
        let (west, east) = widened(west, east, east - west + 2.0 * wide);
        let (south, north) = heightened(south, north, north - south + 2.0 * high);
        Self { west, east, south, north, degree }.with_sensible_shape()
    }

    /// A window around this one that is neither a line nor a column, as far as the world goes.
    fn with_sensible_shape(self) -> Self {
        let (width, height) = ((self.east - self.west) * self.degree, self.north - self.south);
        let (west, east) = widened(self.west, self.east, height / HIGHEST / self.degree);
        let (south, north) = heightened(self.south, self.north, width * LOWEST);
        Self { west, east, south, north, ..self }
    }

    /// The height, in parts of the width.
    pub(super) fn height(&self) -> f64 {
        ((self.north - self.south) / ((self.east - self.west) * self.degree)).clamp(0.1, 1.5)
    }

    /// Where a place is: from left to right and from top to bottom, in parts of the width and of the height.
    pub(super) fn position(&self, [longitude, latitude]: Place) -> [f64; 2] {
        [(longitude - self.west) / (self.east - self.west), (self.north - latitude) / (self.north - self.south)]
    }

    /// By how many degrees something has to be moved to be seen: not at all, or whole turns; several times when it is
    /// seen at both edges.
    pub(super) fn turns(&self, outline: &Outline) -> impl Iterator<Item = f64> + use<> {
        let window = *self;
        let (west, east) = span(outline).unwrap_or((f64::INFINITY, f64::INFINITY));
        let turns = [-2.0, -1.0, 0.0, 1.0, 2.0].into_iter().map(|turns| turns * 360.0);
        turns.filter(move |turn| west + turn < window.east && east + turn > window.west)
    }
}

fn places(outline: &Outline) -> impl Iterator<Item = Place> {
    let (rings, line, point) = match outline {
        Outline::Area(rings) => (rings.as_slice(), [].as_slice(), None),
        Outline::Line(line) => ([].as_slice(), line.as_slice(), None),
        Outline::Point(point) => ([].as_slice(), [].as_slice(), Some(*point)),
    };
    rings.iter().flatten().chain(line).copied().chain(point)
}

fn span(outline: &Outline) -> Option<Span> {
    let longitudes = places(outline).map(|place| place[0]);
    longitudes.fold(None, |span, longitude| match span {
        None => Some((longitude, longitude)),
        Some((west, east)) => Some((west.min(longitude), east.max(longitude))),
    })
}

/// The shortest way to the east that passes all of these: all but the widest gap between them.
fn shortest(mut spans: Vec<Span>) -> Option<Span> {
    for (west, east) in &mut spans {
        let start = (*west + 180.0).rem_euclid(360.0) - 180.0;
        (*west, *east) = (start, *east - *west + start);
    }
    spans.sort_by(|one, other| one.0.total_cmp(&other.0));
    let &(first, mut reached) = spans.first()?;
    // The gap that lies across the antimeridian, until a wider one is found.
    let farthest = spans.iter().map(|span| span.1).fold(f64::NEG_INFINITY, f64::max);
    let (mut gap, mut west) = (first + 360.0 - farthest, first);
    for (start, end) in spans {
        // What reaches over the antimeridian covers the beginning, too.
        let covered = reached.max(farthest - 360.0);
        if start - covered > gap {
            (gap, west) = (start - covered, start);
        }
        reached = reached.max(end);
    }
    Some(if gap < GAP { (-180.0, 180.0) } else { (west, west + 360.0 - gap) })
}

/// From west to east with at least this width, but once around the globe at most.
fn widened(west: f64, east: f64, width: f64) -> Span {
    let (middle, width) = ((west + east) / 2.0, width.max(east - west));
    if width >= 360.0 { (-180.0, 180.0) } else { (middle - width / 2.0, middle + width / 2.0) }
}

/// From south to north with at least this height, moved so that it lies between the poles.
fn heightened(south: f64, north: f64, height: f64) -> (f64, f64) {
    let (middle, height) = ((south + north) / 2.0, height.max(north - south).min(180.0));
    let south = (middle - height / 2.0).clamp(-90.0, 90.0 - height);
    (south, south + height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(west: f64, south: f64, east: f64, north: f64) -> Outline {
        Outline::Area(vec![vec![[west, south], [east, south], [east, north], [west, north], [west, south]]])
    }

    fn around(outlines: &[Outline]) -> Window {
        let window = Window::around(outlines.iter());
        let Window { west, east, south, north, degree } = window;
        assert!(west < east && east - west <= 360.0 && south < north && south >= -90.0 && north <= 90.0, "{window:?}");
        assert!((0.1..=1.5).contains(&window.height()) && degree > 0.0, "{window:?}");
        for outline in outlines {
            assert!(window.turns(outline).count() >= 1, "{window:?} does not show {outline:?}");
        }
        window
    }

    #[test]
    fn a_window_has_a_margin_around_what_it_shows_and_a_sensible_shape() {
        let window = around(&[area(10.0, 45.0, 12.0, 46.0), area(13.0, 46.0, 14.0, 47.0)]);
        assert!((9.5..10.0).contains(&window.west) && (14.0..14.5).contains(&window.east), "{window:?}");
        assert!(window.south < 45.0 && window.north > 47.0, "{window:?}");
        let column = around(&[area(10.0, -60.0, 10.1, 60.0)]);
        assert!(column.height() <= HIGHEST + 0.01 && column.east - column.west > 100.0, "{column:?}");
        let line = around(&[area(-20.0, 10.0, 40.0, 10.1)]);
        assert!(line.height() >= LOWEST - 0.01, "{line:?}");
    }

    #[test]
    fn degrees_of_longitude_are_shorter_in_the_north() {
        // Both are square in degrees, and at 60 degrees a degree of longitude is half as long.
        let [equator, north] = [0.0, 60.0].map(|middle| around(&[area(0.0, middle - 10.0, 20.0, middle + 10.0)]));
        let [equator, north] =
            [equator, north].map(|window| window.position([20.0, 0.0])[0] - window.position([0.0, 0.0])[0]);
        assert!(north < equator * 0.7, "{north} of {equator}");
    }

    #[test]
    fn footprints_on_both_sides_of_the_antimeridian_are_neighbours() {
        let window = around(&[
            area(176.0, -20.0, 178.0, -18.0),
            area(-178.0, -20.0, -176.0, -18.0),
            area(179.0, -19.0, 181.0, -18.0),
        ]);
        assert!(window.east - window.west < 12.0 && window.west > 170.0, "{window:?}");
        let [west, east] = [177.0, -177.0].map(|longitude| Outline::Point([longitude, -19.0]));
        assert_eq!(window.turns(&west).collect::<Vec<_>>(), [0.0]);
        assert_eq!(window.turns(&east).collect::<Vec<_>>(), [360.0]);
    }

    #[test]
    fn footprints_all_around_are_the_whole_world_and_are_seen_at_both_edges() {
        let around_the_globe: Vec<_> = (0..12).map(|part| f64::from(part) * 30.0 - 165.0).collect();
        let areas: Vec<_> = around_the_globe.iter().map(|west| area(*west, -10.0, west + 25.0, 10.0)).collect();
        let window = around(&areas);
        assert_eq!((window.west, window.east), (-180.0, 180.0));
        assert_eq!(window.turns(&area(170.0, 0.0, 190.0, 1.0)).collect::<Vec<_>>(), [-360.0, 0.0]);
        assert_eq!(around(&[area(-180.0, -90.0, 180.0, 90.0)]), Window::WORLD);
    }

    #[test]
    fn points_poles_and_nothing_have_a_window_too() {
        let point = around(&[Outline::Point([11.0, 47.0])]);
        assert!(point.east - point.west >= SMALLEST && point.east - point.west < 1.0, "{point:?}");
        around(&[Outline::Point([0.0, 90.0])]);
        around(&[area(0.0, 80.0, 360.0, 90.0)]);
        assert_eq!(around(&[]), Window::WORLD);
        assert_eq!(Window::around([Outline::Line(Vec::new())].iter()), Window::WORLD);
    }
}
