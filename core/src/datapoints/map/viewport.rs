//! The part of the globe that a map shows.

use super::outline::{LonLat, Outline};

/// Minimum height of a map, as a fraction of its width.
const MIN_HEIGHT: f64 = 0.35;
/// Maximum height of a map, as a fraction of its width.
const MAX_HEIGHT: f64 = 0.9;
/// Margin around the footprints, as a fraction of their extent.
const MARGIN: f64 = 0.05;
/// Minimum extent of a map, in degrees, because a point has no extent.
const MIN_EXTENT: f64 = 0.02;
/// Minimum gap between footprints, in degrees of longitude. A map with smaller gaps shows all longitudes.
const MIN_GAP: f64 = 45.0;
/// Minimum length of a degree of longitude, in degrees of latitude. It tends to zero at the poles.
const MIN_DEGREE: f64 = 0.1;

/// A rectangle of longitudes and latitudes, in degrees. `west` is between -180 and 180; `east` may exceed 180, and spans at
/// most 360 degrees.
///
/// Degrees of longitude have their length at the central parallel, so that shapes are true there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Viewport {
    pub(super) west: f64,
    pub(super) east: f64,
    pub(super) south: f64,
    pub(super) north: f64,
    /// Length of a degree of longitude, in degrees of latitude.
    degree: f64,
}

/// Western and eastern end, in degrees of longitude.
type Span = (f64, f64);

impl Viewport {
    /// The whole world.
    pub(super) const WORLD: Self = Self { west: -180.0, east: 180.0, south: -90.0, north: 90.0, degree: 1.0 };

    /// Returns the smallest viewport around outlines, with a margin; the whole world if there are none.
    pub(super) fn around<'a>(outlines: impl Iterator<Item = &'a Outline> + Clone) -> Self {
        let latitudes = outlines.clone().flat_map(positions).map(|position| position[1]);
        let (south, north) = latitudes.fold((f64::INFINITY, f64::NEG_INFINITY), |(south, north), latitude| {
            (south.min(latitude), north.max(latitude))
        });
        let Some((west, east)) = smallest_span(outlines.filter_map(span).collect()) else { return Self::WORLD };
        if (west, east, south, north) == (-180.0, 180.0, -90.0, 90.0) {
            return Self::WORLD;
        }
        let degree = ((south + north) / 2.0).to_radians().cos().max(MIN_DEGREE);
        let with_margin = |extent: f64| extent + 2.0 * (extent * MARGIN).max(MIN_EXTENT / 2.0);
        let (west, east) = widen(west, east, with_margin(east - west));
        let (south, north) = heighten(south, north, with_margin(north - south));
        Self { west, east, south, north, degree }.with_bounded_aspect_ratio()
    }

    /// Extends the viewport to a height between [`MIN_HEIGHT`] and [`MAX_HEIGHT`], as far as the globe permits.
    fn with_bounded_aspect_ratio(self) -> Self {
        let (width, height) = ((self.east - self.west) * self.degree, self.north - self.south);
        let (west, east) = widen(self.west, self.east, height / MAX_HEIGHT / self.degree);
        let (south, north) = heighten(self.south, self.north, width * MIN_HEIGHT);
        Self { west, east, south, north, ..self }
    }

    /// Returns the height as a fraction of the width.
    pub(super) fn height(&self) -> f64 {
        ((self.north - self.south) / ((self.east - self.west) * self.degree)).clamp(0.1, 1.5)
    }

    /// Returns a position as fractions of the width from the left and of the height from the top.
    pub(super) fn position(&self, [longitude, latitude]: LonLat) -> [f64; 2] {
        [(longitude - self.west) / (self.east - self.west), (self.north - latitude) / (self.north - self.south)]
    }

    /// Returns the multiples of 360 degrees that move an outline into the viewport. An outline visible at both edges has
    /// several.
    pub(super) fn turns(&self, outline: &Outline) -> impl Iterator<Item = f64> + use<> {
        let viewport = *self;
        let (west, east) = span(outline).unwrap_or((f64::INFINITY, f64::INFINITY));
        let turns = [-2.0, -1.0, 0.0, 1.0, 2.0].into_iter().map(|turns| turns * 360.0);
        turns.filter(move |turn| west + turn < viewport.east && east + turn > viewport.west)
    }
}

fn positions(outline: &Outline) -> impl Iterator<Item = LonLat> {
    let (rings, line, point) = match outline {
        Outline::Area(rings) => (rings.as_slice(), [].as_slice(), None),
        Outline::Line(line) => ([].as_slice(), line.as_slice(), None),
        Outline::Point(point) => ([].as_slice(), [].as_slice(), Some(*point)),
    };
    rings.iter().flatten().chain(line).copied().chain(point)
}

fn span(outline: &Outline) -> Option<Span> {
    let longitudes = positions(outline).map(|position| position[0]);
    longitudes.fold(None, |span, longitude| match span {
        None => Some((longitude, longitude)),
        Some((west, east)) => Some((west.min(longitude), east.max(longitude))),
    })
}

/// Returns the smallest span that contains all spans: everything but the widest gap between them.
fn smallest_span(mut spans: Vec<Span>) -> Option<Span> {
    for (west, east) in &mut spans {
        let start = (*west + 180.0).rem_euclid(360.0) - 180.0;
        (*west, *east) = (start, *east - *west + start);
    }
    spans.sort_by(|one, other| one.0.total_cmp(&other.0));
    let &(first, mut end) = spans.first()?;
    // Begin with the gap across the antimeridian.
    let farthest = spans.iter().map(|span| span.1).fold(f64::NEG_INFINITY, f64::max);
    let (mut gap, mut west) = (first + 360.0 - farthest, first);
    for (span_west, span_east) in spans {
        // A span across the antimeridian also covers the first longitudes.
        let covered = end.max(farthest - 360.0);
        if span_west - covered > gap {
            (gap, west) = (span_west - covered, span_west);
        }
        end = end.max(span_east);
    }
    Some(if gap < MIN_GAP { (-180.0, 180.0) } else { (west, west + 360.0 - gap) })
}

/// Widens a span to at least `width` degrees, and to all longitudes from 360 degrees on.
fn widen(west: f64, east: f64, width: f64) -> Span {
    let (middle, width) = ((west + east) / 2.0, width.max(east - west));
    if width >= 360.0 { (-180.0, 180.0) } else { (middle - width / 2.0, middle + width / 2.0) }
}

/// Extends latitudes to at least `height` degrees, moved between the poles.
fn heighten(south: f64, north: f64, height: f64) -> (f64, f64) {
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

    fn around(outlines: &[Outline]) -> Viewport {
        let viewport = Viewport::around(outlines.iter());
        let Viewport { west, east, south, north, degree } = viewport;
        assert!(
            west < east && east - west <= 360.0 && south < north && south >= -90.0 && north <= 90.0,
            "{viewport:?}"
        );
        assert!((0.1..=1.5).contains(&viewport.height()) && degree > 0.0, "{viewport:?}");
        for outline in outlines {
            assert!(viewport.turns(outline).count() >= 1, "{viewport:?} does not show {outline:?}");
        }
        viewport
    }

    #[test]
    fn a_viewport_has_a_margin_and_a_bounded_aspect_ratio() {
        let viewport = around(&[area(10.0, 45.0, 12.0, 46.0), area(13.0, 46.0, 14.0, 47.0)]);
        assert!((9.5..10.0).contains(&viewport.west) && (14.0..14.5).contains(&viewport.east), "{viewport:?}");
        assert!(viewport.south < 45.0 && viewport.north > 47.0, "{viewport:?}");
        let column = around(&[area(10.0, -60.0, 10.1, 60.0)]);
        assert!(column.height() <= MAX_HEIGHT + 0.01 && column.east - column.west > 100.0, "{column:?}");
        let line = around(&[area(-20.0, 10.0, 40.0, 10.1)]);
        assert!(line.height() >= MIN_HEIGHT - 0.01, "{line:?}");
    }

    #[test]
    fn degrees_of_longitude_are_shorter_in_the_north() {
        // Both are square in degrees. At 60 degrees north, a degree of longitude is half as long as at the equator.
        let [equator, north] = [0.0, 60.0].map(|middle| around(&[area(0.0, middle - 10.0, 20.0, middle + 10.0)]));
        let [equator, north] =
            [equator, north].map(|viewport| viewport.position([20.0, 0.0])[0] - viewport.position([0.0, 0.0])[0]);
        assert!(north < equator * 0.7, "{north} of {equator}");
    }

    #[test]
    fn footprints_on_both_sides_of_the_antimeridian_are_neighbours() {
        let viewport = around(&[
            area(176.0, -20.0, 178.0, -18.0),
            area(-178.0, -20.0, -176.0, -18.0),
            area(179.0, -19.0, 181.0, -18.0),
        ]);
        assert!(viewport.east - viewport.west < 12.0 && viewport.west > 170.0, "{viewport:?}");
        let [west, east] = [177.0, -177.0].map(|longitude| Outline::Point([longitude, -19.0]));
        assert_eq!(viewport.turns(&west).collect::<Vec<_>>(), [0.0]);
        assert_eq!(viewport.turns(&east).collect::<Vec<_>>(), [360.0]);
    }

    #[test]
    fn footprints_around_the_globe_are_shown_at_both_edges() {
        let around_the_globe: Vec<_> = (0..12).map(|part| f64::from(part) * 30.0 - 165.0).collect();
        let areas: Vec<_> = around_the_globe.iter().map(|west| area(*west, -10.0, west + 25.0, 10.0)).collect();
        let viewport = around(&areas);
        assert_eq!((viewport.west, viewport.east), (-180.0, 180.0));
        assert_eq!(viewport.turns(&area(170.0, 0.0, 190.0, 1.0)).collect::<Vec<_>>(), [-360.0, 0.0]);
        assert_eq!(around(&[area(-180.0, -90.0, 180.0, 90.0)]), Viewport::WORLD);
    }

    #[test]
    fn points_poles_and_no_outlines_have_a_viewport() {
        let point = around(&[Outline::Point([11.0, 47.0])]);
        assert!(point.east - point.west >= MIN_EXTENT && point.east - point.west < 1.0, "{point:?}");
        around(&[Outline::Point([0.0, 90.0])]);
        around(&[area(0.0, 80.0, 360.0, 90.0)]);
        assert_eq!(around(&[]), Viewport::WORLD);
        assert_eq!(Viewport::around([Outline::Line(Vec::new())].iter()), Viewport::WORLD);
    }
}
