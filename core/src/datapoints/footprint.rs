//! The place of a datapoint in a record of one's own.

use std::fmt;
use std::ops::Deref;

use arrow_schema::{DataType, Field, Schema};
use geo_traits::to_geo::ToGeoGeometry as _;
use geo_types::Geometry;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{self, Serialize, Serializer};

/// A geometry as a field of a record: read from WKB or EWKB and written as WKB, which is how datapoints hold it.
///
/// It is the [`Geometry`] inside, whose methods it has. Heights and measures are left out.
///
/// ```
/// use tilebox_core::Footprint;
/// use tilebox_core::geo_types::{Geometry, Point};
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Scene {
///     granule_name: String,
///     geometry: Footprint,
/// }
///
/// let scene = Scene { granule_name: "S2A".to_owned(), geometry: Point::new(11.4, 47.3).into() };
/// assert!(matches!(*scene.geometry, Geometry::Point(_)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Footprint(pub Geometry);

impl Footprint {
    /// The geometry that WKB or EWKB, in either byte order, describes.
    pub(crate) fn from_wkb(bytes: &[u8]) -> Result<Self, String> {
        let geometry = wkb::reader::read_wkb(bytes).map_err(|error| format!("not WKB: {error}"))?;
        // Only an empty point has no place among the types of geo-types.
        geometry.try_to_geometry().map(Self).ok_or_else(|| "a point without a place".to_owned())
    }
}

/// Whether a column holds geometries, as the decoder makes them or other programs read them.
pub(crate) fn is_geometry(field: &Field) -> bool {
    field.extension_type_name() == Some("geoarrow.wkb")
        && matches!(field.data_type(), DataType::Binary | DataType::BinaryView)
}

/// The column with the places of datapoints: the one named `geometry`, or the first one of geometries.
pub(crate) fn geometry_column(schema: &Schema) -> Option<usize> {
    let fields = || schema.fields().iter().enumerate().filter(|(_, field)| is_geometry(field));
    let named = fields().find(|(_, field)| field.name() == "geometry");
    named.or_else(|| fields().next()).map(|(index, _)| index)
}

impl Deref for Footprint {
    type Target = Geometry;

    fn deref(&self) -> &Geometry {
        &self.0
    }
}

impl<G: Into<Geometry>> From<G> for Footprint {
    fn from(geometry: G) -> Self {
        Self(geometry.into())
    }
}

/// As WKT.
impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wkt::to_wkt::write_geometry(f, &self.0).map_err(|_| fmt::Error)
    }
}

impl Serialize for Footprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        wkb::writer::write_geometry(&mut bytes, &self.0, &Default::default()).map_err(ser::Error::custom)?;
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Footprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Wkb;

        impl Visitor<'_> for Wkb {
            type Value = Footprint;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a geometry as WKB")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Footprint, E> {
                Footprint::from_wkb(bytes).map_err(E::custom)
            }
        }

        deserializer.deserialize_bytes(Wkb)
    }
}
