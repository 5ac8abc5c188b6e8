//! Geometries as fields of records.

use std::fmt;

use arrow_schema::{Field, Schema};
use geo_traits::to_geo::ToGeoGeometry as _;
use geo_traits::{
    CoordTrait as _, GeometryCollectionTrait as _, GeometryTrait, GeometryType, MultiPointTrait as _, PointTrait as _,
};
use geo_types::{Geometry, GeometryCollection, MultiPoint, Point};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{self, Serialize, Serializer};

use crate::schema::geometry;
use crate::schema::well_known::WellKnown;
use crate::schema::wkb::read;

/// A geometry as a field of a record. It deserializes from WKB, EWKB or WKT and serializes as WKB, the encoding of
/// geometries in datapoints.
///
/// [`geometry`](Self::geometry) has two dimensions and no empty points. The footprint itself keeps heights, measures and
/// empty points: [`Display`](fmt::Display) and serialization include them.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::Footprint;
/// use tilebox_tokio::geo_types::{Geometry, Point};
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Scene {
///     granule_name: String,
///     geometry: Footprint,
/// }
///
/// let scene = Scene { granule_name: "S2A".to_owned(), geometry: Point::new(11.4, 47.3).into() };
/// assert!(matches!(scene.geometry.geometry(), Geometry::Point(_)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Footprint {
    geometry: Geometry,
    /// WKB with the heights, measures and empty points that `geometry` lacks.
    exact: Option<Vec<u8>>,
}

impl Footprint {
    /// Decodes WKB or EWKB in either byte order.
    pub(crate) fn from_wkb(bytes: &[u8]) -> Result<Self, String> {
        let wkb = read(bytes).map_err(|error| format!("not valid WKB: {error}"))?;
        let is_flat = wkb.dimension() == wkb::reader::Dimension::Xy && wkb.try_to_geometry().is_some();
        let exact = if is_flat { None } else { Some(write(&wkb)?) };
        Ok(Self { geometry: flatten(&wkb), exact })
    }

    /// Returns the geometry in two dimensions.
    #[must_use]
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Converts the footprint into its geometry in two dimensions.
    #[must_use]
    pub fn into_geometry(self) -> Geometry {
        self.geometry
    }
}

/// Encodes a geometry as little-endian WKB without an SRID.
fn write(geometry: &impl GeometryTrait<T = f64>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    wkb::writer::write_geometry(&mut bytes, geometry, &Default::default()).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Reduces a geometry to two dimensions. An empty point becomes an empty `MultiPoint`, because `geo-types` has no empty
/// point.
pub(crate) fn flatten(geometry: &impl GeometryTrait<T = f64>) -> Geometry {
    let none = || Geometry::MultiPoint(MultiPoint::new(Vec::new()));
    match geometry.as_type() {
        GeometryType::Point(point) => match point.coord() {
            Some(coordinate) => Geometry::Point(Point::from(coordinate.x_y())),
            None => none(),
        },
        GeometryType::MultiPoint(points) => {
            let points = points.points().filter_map(|point| Some(Point::from(point.coord()?.x_y())));
            Geometry::MultiPoint(MultiPoint::new(points.collect()))
        }
        GeometryType::GeometryCollection(parts) => {
            let parts: Vec<Geometry> = parts.geometries().map(|part| flatten(&part)).collect();
            Geometry::GeometryCollection(GeometryCollection::from(parts))
        }
        _ => geometry.try_to_geometry().unwrap_or_else(none),
    }
}

/// Returns whether a column holds WKB, in the layout of the decoder or of written files.
pub(crate) fn is_geometry(field: &Field) -> bool {
    WellKnown::of_column(field) == Some(WellKnown::Geometry)
}

/// Returns the index of the geometry column: the one named `geometry`, or else the first one.
pub(crate) fn geometry_column(schema: &Schema) -> Option<usize> {
    let fields = || schema.fields().iter().enumerate().filter(|(_, field)| is_geometry(field));
    let named = fields().find(|(_, field)| field.name() == "geometry");
    named.or_else(|| fields().next()).map(|(index, _)| index)
}

impl AsRef<Geometry> for Footprint {
    fn as_ref(&self) -> &Geometry {
        &self.geometry
    }
}

impl<G: Into<Geometry>> From<G> for Footprint {
    fn from(geometry: G) -> Self {
        Self { geometry: geometry.into(), exact: None }
    }
}

/// Writes the footprint as WKT, with heights and measures.
impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.exact {
            Some(wkb) => f.write_str(&geometry::to_text(wkb).map_err(|_| fmt::Error)?),
            None => wkt::to_wkt::write_geometry(f, &self.geometry).map_err(|_| fmt::Error),
        }
    }
}

impl Serialize for Footprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.exact {
            Some(wkb) => serializer.serialize_bytes(wkb),
            None => serializer.serialize_bytes(&write(&self.geometry).map_err(ser::Error::custom)?),
        }
    }
}

impl<'de> Deserialize<'de> for Footprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Wkb;

        impl<'de> Visitor<'de> for Wkb {
            type Value = Footprint;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a geometry as WKB or WKT")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Footprint, E> {
                let wkb = geometry::from_text(text).map_err(|problem| E::custom(problem))?;
                self.visit_bytes(&wkb)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Footprint, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = numbers.next_element::<u8>()? {
                    bytes.push(byte);
                }
                self.visit_bytes(&bytes)
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Footprint, E> {
                // A deserializer without a bytes type, such as that of JSON, passes text as bytes.
                match std::str::from_utf8(bytes) {
                    Ok(text) if text.starts_with(|first: char| first.is_ascii_alphabetic()) => self.visit_str(text),
                    _ => Footprint::from_wkb(bytes).map_err(E::custom),
                }
            }
        }

        deserializer.deserialize_bytes(Wkb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_text(text: &str) -> Footprint {
        Footprint::from_wkb(&geometry::from_text(text).expect("WKT")).expect("WKB")
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_are_a_footprint_or_an_error(kind in 0_u8..8, count in 0_u8..3, rest: Vec<u8>) {
            let bytes = [&[1, kind, 0, 0, 0, count, 0, 0, 0][..], &rest].concat();
            if let Ok(footprint) = Footprint::from_wkb(&bytes) {
                let _ = (footprint.to_string(), serde_json::to_string(&footprint).expect("JSON"));
            }
        }
    }

    #[test]
    fn a_footprint_keeps_heights_and_empty_points() {
        for (text, flat) in [
            ("POINT EMPTY", "MULTIPOINT EMPTY"),
            ("POINT Z(1 2 300)", "POINT(1 2)"),
            ("GEOMETRYCOLLECTION(POINT EMPTY,POINT(1 2))", "GEOMETRYCOLLECTION(MULTIPOINT EMPTY,POINT(1 2))"),
            ("POLYGON Z((0 0 1,1 0 1,1 1 1,0 0 1))", "POLYGON((0 0,1 0,1 1,0 0))"),
            ("POLYGON((0 0,1 0,1 1,0 0))", "POLYGON((0 0,1 0,1 1,0 0))"),
        ] {
            let footprint = from_text(text);
            assert_eq!(footprint.to_string(), text);
            assert_eq!(Footprint::from(footprint.clone().into_geometry()).to_string(), flat);
            let json = serde_json::to_string(&footprint).expect("JSON");
            assert_eq!(serde_json::from_str::<Footprint>(&json).expect("a footprint"), footprint, "{json}");
            assert_eq!(serde_json::from_str::<Footprint>(&format!("\"{text}\"")).expect("a footprint"), footprint);
        }
    }
}
