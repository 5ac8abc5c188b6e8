//! Areas, and how datapoints relate to them.

use std::fmt;

use bytes::Bytes;
use geo_types::{
    Geometry, Line, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, Rect, Triangle,
};

use crate::error::{Error, Result};
use crate::protocol::wire::datasets::v1 as wire;
use crate::schema::excerpt::excerpt;
use crate::schema::geometry::{GeometryError, trimmed};

mod area;
mod geojson;

/// The most characters of an area that an error repeats.
const MAX_EXCERPT: usize = 60;

/// An area on the earth, and its spatial relation to the geometries of datapoints.
///
/// Coordinates are degrees on WGS84, the longitude (-180 to 180) first, then the latitude (-90 to 90).
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::{CoordinateSystem, SpatialFilter, SpatialMode};
///
/// let colorado = "POLYGON ((-109.05 37, -102.05 37, -102.05 41, -109.05 41, -109.05 37))";
/// let inside = SpatialFilter::new(colorado)?
///     .with_mode(SpatialMode::FilterContainsGeometry)
///     .with_coordinate_system(CoordinateSystem::Spherical);
/// assert!(inside.to_string().starts_with("POLYGON"));
///
/// let error = SpatialFilter::new("POLYGON EMPTY").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "cannot use `POLYGON EMPTY` as the spatial extent: it is empty; \
///      leave the spatial extent out to query the whole earth"
/// );
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct SpatialFilter {
    geometry: Geometry,
    wkb: Bytes,
    mode: SpatialMode,
    coordinate_system: Option<CoordinateSystem>,
}

/// The spatial relation between the geometry of a datapoint and the area of a [`SpatialFilter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpatialMode {
    /// Both have a point in common.
    #[default]
    Intersects,
    /// The area contains the datapoint.
    FilterContainsGeometry,
    /// The datapoint contains the area.
    GeometryContainsFilter,
}

/// The meaning of the edge between two points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CoordinateSystem {
    /// A straight line on a map of longitude and latitude, which ends at the antimeridian.
    Cartesian,
    /// The shortest path on the globe, which may cross the antimeridian and the poles.
    Spherical,
}

impl SpatialFilter {
    /// Returns the filter for datapoints that intersect an area.
    ///
    /// See [`IntoSpatialFilter`] for the accepted types and formats.
    ///
    /// # Errors
    ///
    /// If the value is not a geometry, text or bytes follow the geometry, it is empty, a ring is not closed or crosses
    /// itself, or a coordinate is out of range.
    pub fn new(area: impl IntoSpatialFilter) -> Result<Self> {
        area.into_spatial_filter()
    }

    /// Returns the filter for datapoints that intersect at least one of several areas.
    ///
    /// Polygons become one `MultiPolygon`, points one `MultiPoint`, and lines one `MultiLineString`. Areas may touch and
    /// overlap: they are sent as they are, and a server that takes only disjoint polygons refuses the query. Areas with a
    /// mode or a coordinate system need the same one; [`with_mode`](Self::with_mode) sets it for the union.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::SpatialFilter;
    ///
    /// let islands = SpatialFilter::union([
    ///     "POLYGON ((178 -19, 180 -19, 180 -16, 178 -16, 178 -19))",
    ///     "POLYGON ((-180 -19, -178 -19, -178 -16, -180 -16, -180 -19))",
    /// ])?;
    /// assert!(islands.to_string().starts_with("MULTIPOLYGON"));
    /// # Ok::<(), tilebox_core::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no area, one of them is not valid (see [`new`](Self::new)), they are not all polygons, all points or all
    /// lines, or they differ in mode or coordinate system.
    #[doc(alias("any", "or", "multipolygon"))]
    pub fn union(areas: impl IntoIterator<Item: IntoSpatialFilter>) -> Result<Self> {
        let areas = areas.into_iter().map(IntoSpatialFilter::into_spatial_filter).collect::<Result<Vec<_>>>()?;
        let invalid = |reason: &'static str, advice: &'static str| {
            Err(Error::invalid(format!("use the union of {} areas as the spatial extent", areas.len()), reason, advice))
        };
        let Some(first) = areas.first() else {
            return invalid("there is no area", "leave the spatial extent out to query the whole earth");
        };
        if areas.iter().any(|area| area.mode != first.mode) {
            return invalid("they differ in mode", "set the mode of the union");
        }
        if areas.iter().any(|area| area.coordinate_system != first.coordinate_system) {
            return invalid("they differ in coordinate system", "set the coordinate system of the union");
        }
        let (mode, coordinate_system) = (first.mode, first.coordinate_system);
        let Some(geometry) = area::joined(areas.iter().map(|area| &area.geometry)) else {
            return invalid("they are of different kinds", "use only polygons, only points, or only lines");
        };
        Ok(Self { mode, coordinate_system, ..Self::from_parsed("the union of areas", Ok(geometry))? })
    }

    /// Sets the spatial relation between datapoints and the area.
    #[must_use]
    pub fn with_mode(self, mode: SpatialMode) -> Self {
        Self { mode, ..self }
    }

    /// Sets the meaning of the edges of the area. The default of the server is spherical, according to its documentation.
    #[must_use]
    pub fn with_coordinate_system(self, coordinate_system: CoordinateSystem) -> Self {
        Self { coordinate_system: Some(coordinate_system), ..self }
    }

    /// Returns the area as sent: rectangles and triangles are polygons.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Converts the filter to its message: little-endian WKB in two dimensions, without an SRID.
    #[must_use]
    pub fn to_wire(&self) -> wire::SpatialFilter {
        let mode = match self.mode {
            SpatialMode::Intersects => wire::SpatialFilterMode::Intersects,
            SpatialMode::FilterContainsGeometry => wire::SpatialFilterMode::FilterContainsGeometry,
            SpatialMode::GeometryContainsFilter => wire::SpatialFilterMode::GeometryContainsFilter,
        };
        let coordinate_system = match self.coordinate_system {
            None => wire::SpatialCoordinateSystem::Unspecified,
            Some(CoordinateSystem::Cartesian) => wire::SpatialCoordinateSystem::Cartesian,
            Some(CoordinateSystem::Spherical) => wire::SpatialCoordinateSystem::Spherical,
        };
        wire::SpatialFilter {
            geometry: Some(wire::Geometry { wkb: self.wkb.clone() }),
            mode: mode.into(),
            coordinate_system: coordinate_system.into(),
        }
    }

    /// Validates a parsed area. `source` names it in errors.
    fn from_parsed(source: &str, parsed: Result<Geometry, GeometryError>) -> Result<Self> {
        let encoded = parsed.and_then(area::check).and_then(|geometry| Ok((encode(&geometry)?, geometry)));
        let (wkb, geometry) = encoded.map_err(|error| {
            let purpose = format!("use {source} as the spatial extent");
            Error::invalid(purpose, error.reason, error.advice)
        })?;
        Ok(Self { geometry, wkb, mode: SpatialMode::default(), coordinate_system: None })
    }
}

/// Encodes a geometry as little-endian WKB.
fn encode(geometry: &Geometry) -> Result<Bytes, GeometryError> {
    let mut bytes = Vec::new();
    let options = wkb::writer::WriteOptions { endianness: wkb::Endianness::LittleEndian };
    // Fails only for a geometry with 2^32 points or more.
    wkb::writer::write_geometry(&mut bytes, geometry, &options)
        .map_err(|error| GeometryError::new(error.to_string(), "use a simpler area"))?;
    Ok(bytes.into())
}

/// The area as WKT.
impl fmt::Display for SpatialFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wkt::to_wkt::write_geometry(f, &self.geometry).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for SpatialFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpatialFilter")
            .field("geometry", &format_args!("{self}"))
            .field("mode", &self.mode)
            .field("coordinate_system", &self.coordinate_system)
            .finish()
    }
}

/// Types that convert to a [`SpatialFilter`].
///
/// | type | area |
/// |---|---|
/// | the types of [`geo_types`], such as `Polygon` and `Rect` | the geometry |
/// | text such as `"POINT (12.5 45.5)"` | WKT, or EWKT with the prefix `SRID=4326;` |
/// | text that begins with `{` | GeoJSON: a geometry, a feature, or a collection |
/// | `&[u8]`, `Vec<u8>`, [`Bytes`] | WKB or EWKB |
/// | [`SpatialFilter`] | its area, mode and coordinate system |
///
/// A collection of polygons is their union; features without a geometry are ignored. A collection with other geometries is
/// an error, unless it has one feature. Reference systems other than WGS84 are refused, in the SRID of EWKT and EWKB and in
/// the `crs` of older GeoJSON. A byte order mark before text is skipped.
///
/// The default mode is [`Intersects`](SpatialMode::Intersects).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an area",
    label = "expects a geometry of `geo_types`, WKT or GeoJSON text, WKB bytes or a `SpatialFilter`",
    note = "write an array such as `[west, south, east, north]` as `geo_types::Rect::new((west, south), (east, north))`"
)]
pub trait IntoSpatialFilter {
    /// Converts the value to a filter.
    ///
    /// # Errors
    ///
    /// Same as [`SpatialFilter::new`].
    fn into_spatial_filter(self) -> Result<SpatialFilter>;
}

impl IntoSpatialFilter for SpatialFilter {
    fn into_spatial_filter(self) -> Result<SpatialFilter> {
        Ok(self)
    }
}

impl IntoSpatialFilter for &SpatialFilter {
    fn into_spatial_filter(self) -> Result<SpatialFilter> {
        Ok(self.clone())
    }
}

macro_rules! geometries {
    ($($geometry:ident)*) => { $(
        impl IntoSpatialFilter for $geometry {
            fn into_spatial_filter(self) -> Result<SpatialFilter> {
                SpatialFilter::from_parsed(concat!("the ", stringify!($geometry)), Ok(self.into()))
            }
        }

        impl IntoSpatialFilter for &$geometry {
            fn into_spatial_filter(self) -> Result<SpatialFilter> {
                self.clone().into_spatial_filter()
            }
        }
    )* };
}

geometries! { Geometry Polygon MultiPolygon Point MultiPoint Line LineString MultiLineString Rect Triangle }

impl IntoSpatialFilter for &str {
    fn into_spatial_filter(self) -> Result<SpatialFilter> {
        let text = trimmed(self);
        let parsed = if text.starts_with('{') { geojson::parse(text) } else { area::parse_wkt(text) };
        SpatialFilter::from_parsed(&format!("`{}`", excerpt(text, MAX_EXCERPT)), parsed)
    }
}

impl IntoSpatialFilter for String {
    fn into_spatial_filter(self) -> Result<SpatialFilter> {
        self.as_str().into_spatial_filter()
    }
}

impl IntoSpatialFilter for &String {
    fn into_spatial_filter(self) -> Result<SpatialFilter> {
        self.as_str().into_spatial_filter()
    }
}

impl IntoSpatialFilter for &[u8] {
    fn into_spatial_filter(self) -> Result<SpatialFilter> {
        SpatialFilter::from_parsed(&format!("{} bytes of WKB", self.len()), area::parse_wkb(self))
    }
}

impl IntoSpatialFilter for Vec<u8> {
    fn into_spatial_filter(self) -> Result<SpatialFilter> {
        self.as_slice().into_spatial_filter()
    }
}

impl IntoSpatialFilter for Bytes {
    fn into_spatial_filter(self) -> Result<SpatialFilter> {
        (&*self).into_spatial_filter()
    }
}

#[cfg(test)]
mod tests;
