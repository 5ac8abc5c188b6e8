//! Which datapoints a query asks for, by their place.

use std::fmt;

use bytes::Bytes;
use geo_types::{
    Geometry, Line, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, Rect, Triangle,
};

use crate::error::{Error, Result};
use crate::protocol::wire::datasets::v1 as wire;
use crate::schema::geometry::{GeometryError, trimmed};
use crate::schema::shown::shown;

mod area;
mod geojson;

/// The most characters of an area that an error repeats.
const MAX_SHOWN: usize = 60;

/// An area on the earth, and how the places of datapoints have to lie to it.
///
/// Coordinates are degrees on WGS84, the longitude (-180 to 180) first, then the latitude (-90 to 90).
///
/// ```
/// use tilebox_core::datasets::{CoordinateSystem, SpatialFilter, SpatialMode};
///
/// let colorado = "POLYGON ((-109.05 37, -102.05 37, -102.05 41, -109.05 41, -109.05 37))";
/// let inside = SpatialFilter::new(colorado)?
///     .mode(SpatialMode::FilterContainsGeometry)
///     .coordinate_system(CoordinateSystem::Spherical);
/// assert!(inside.to_string().starts_with("POLYGON"));
///
/// let error = SpatialFilter::new("POLYGON EMPTY").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "cannot use `POLYGON EMPTY` as the spatial extent: it is empty; \
///      leave the spatial extent out to ask for every place"
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

/// How the place of a datapoint has to lie to the area of a [`SpatialFilter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpatialMode {
    /// They have a point in common.
    #[default]
    Intersects,
    /// The datapoint lies inside the area of the filter.
    FilterContainsGeometry,
    /// The datapoint covers the whole area of the filter.
    GeometryContainsFilter,
}

/// What the edge between two points is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CoordinateSystem {
    /// A straight line on the map of longitude and latitude. Ends at the antimeridian.
    Cartesian,
    /// The shortest way on the globe. Goes on across the antimeridian and the poles.
    Spherical,
}

impl SpatialFilter {
    /// Where the place of a datapoint and this area have a point in common.
    ///
    /// See [`IntoSpatialFilter`] for what can be written.
    ///
    /// # Errors
    ///
    /// When it is not a geometry or something follows it, is empty, has a ring that is not closed or crosses itself, or a
    /// coordinate that is not one on the earth.
    pub fn new(area: impl IntoSpatialFilter) -> Result<Self> {
        area.into_spatial_filter()
    }

    /// Sets how the place of a datapoint has to lie to the area.
    #[must_use]
    pub fn mode(self, mode: SpatialMode) -> Self {
        Self { mode, ..self }
    }

    /// Sets what the edges of the area are. The server decides without it: spherical, by its documentation.
    #[must_use]
    pub fn coordinate_system(self, coordinate_system: CoordinateSystem) -> Self {
        Self { coordinate_system: Some(coordinate_system), ..self }
    }

    /// The area, as it is sent: with rectangles and triangles as polygons.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The message that says it: little-endian WKB in two dimensions, without an SRID.
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

    /// The filter of an area that was read from `written`.
    fn from_read(written: &str, read: Result<Geometry, GeometryError>) -> Result<Self> {
        let read = read.and_then(area::check).and_then(|geometry| Ok((encode(&geometry)?, geometry)));
        let (wkb, geometry) = read.map_err(|complaint| {
            let purpose = format!("use {written} as the spatial extent");
            Error::invalid(purpose, complaint.reason, complaint.advice)
        })?;
        Ok(Self { geometry, wkb, mode: SpatialMode::default(), coordinate_system: None })
    }
}

fn encode(geometry: &Geometry) -> Result<Bytes, GeometryError> {
    let mut bytes = Vec::new();
    let options = wkb::writer::WriteOptions { endianness: wkb::Endianness::LittleEndian };
    // Only an area with more points than 32 bits count cannot be written.
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

/// What can be written for a [`SpatialFilter`].
///
/// | written | means |
/// |---|---|
/// | the types of [`geo_types`], such as `Polygon` and `Rect` | themselves |
/// | text such as `"POINT (12.5 45.5)"` | WKT, also with `SRID=4326;` in front |
/// | text that begins with `{` | GeoJSON: a geometry, a feature, or a collection |
/// | `&[u8]`, `Vec<u8>`, [`Bytes`] | WKB or EWKB |
/// | [`SpatialFilter`] | as it says |
///
/// A collection of polygons is their union; features without a geometry are left out. A collection with other geometries
/// is an error, unless it has one feature. Coordinates in another reference system than WGS84 are refused: the SRID of
/// EWKT and EWKB, and the `crs` of older GeoJSON. A byte order mark in front of text is skipped.
///
/// Without anything more, the filter is for what [intersects](SpatialMode::Intersects) it.
pub trait IntoSpatialFilter {
    /// The filter that is meant.
    ///
    /// # Errors
    ///
    /// As [`SpatialFilter::new`].
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
                SpatialFilter::from_read(concat!("the ", stringify!($geometry)), Ok(self.into()))
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
        let read = if text.starts_with('{') { geojson::read(text) } else { area::read_wkt(text) };
        SpatialFilter::from_read(&format!("`{}`", shown(text, MAX_SHOWN)), read)
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
        SpatialFilter::from_read(&format!("{} bytes of WKB", self.len()), area::read_wkb(self))
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
