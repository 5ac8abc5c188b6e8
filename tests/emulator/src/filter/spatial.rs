//! Spatial filters.

use tilebox_core::protocol::wire::datasets::v1::{
    SpatialCoordinateSystem, SpatialFilter as WireFilter, SpatialFilterMode,
};

use super::bounds::Bounds;
use super::geometry::Geometry;
use crate::antimeridian::{spans_globe, with_unified_antimeridian};
use crate::wkb;

/// The default mode.
const DEFAULT_MODE: SpatialFilterMode = SpatialFilterMode::Intersects;
/// The default coordinate system, according to the documentation; a comment in the API names Cartesian.
const DEFAULT_SYSTEM: SpatialCoordinateSystem = SpatialCoordinateSystem::Spherical;

/// A geometry, and the relation to it of matching datapoints.
///
/// If one of two geometries spans the globe, they are compared in the plane, whatever the requested coordinate system: on
/// the sphere, the edges of a box around the globe have no length, so it would contain nothing.
///
/// Boundaries are part of geometries. The real server's treatment of geometries that only touch is not known.
pub(super) struct SpatialFilter {
    mode: SpatialFilterMode,
    bounds: Bounds,
    /// `None` if the coordinate system is the plane.
    on_sphere: Option<Geometry>,
    in_plane: Geometry,
}

impl SpatialFilter {
    pub(super) fn of(filter: &WireFilter) -> Result<Self, String> {
        let mode = match SpatialFilterMode::try_from(filter.mode) {
            Ok(SpatialFilterMode::Unspecified) => DEFAULT_MODE,
            Ok(mode) => mode,
            Err(_) => return Err(format!("mode: unknown value {}", filter.mode)),
        };
        let system = match SpatialCoordinateSystem::try_from(filter.coordinate_system) {
            Ok(SpatialCoordinateSystem::Unspecified) => DEFAULT_SYSTEM,
            Ok(system) => system,
            Err(_) => return Err(format!("coordinate_system: unknown value {}", filter.coordinate_system)),
        };
        let geometry = filter.geometry.as_ref().ok_or("geometry: a value is required")?;
        let shape = wkb::shape(&geometry.wkb)
            .ok_or("geometry: expects valid WKB with finite coordinates and SRID 0 or 4326")?;
        let shape = with_unified_antimeridian(shape);
        let bounds = Bounds::of(&shape).ok_or("geometry: expects at least one position")?;
        let on_sphere = system == SpatialCoordinateSystem::Spherical && !spans_globe(&shape);
        let on_sphere = on_sphere.then(|| Geometry::on_sphere(&shape));
        Ok(Self { mode, bounds, on_sphere, in_plane: Geometry::in_plane(&shape) })
    }

    /// Returns whether a datapoint with this well-known binary matches. A datapoint without geometry does not.
    pub(super) fn matches(&self, geometry: Option<&[u8]>) -> bool {
        let Some(shape) = geometry.and_then(wkb::shape).map(with_unified_antimeridian) else { return false };
        let Some(bounds) = Bounds::of(&shape) else { return false };
        if let Some(filter) = self.on_sphere.as_ref().filter(|_| !spans_globe(&shape)) {
            return self.matches_relation(filter, &Geometry::on_sphere(&shape));
        }
        // Bounding boxes are cheap to compare, and in the plane they exclude most datapoints.
        let is_possible = match self.mode {
            SpatialFilterMode::FilterContainsGeometry => self.bounds.contains(&bounds),
            SpatialFilterMode::GeometryContainsFilter => bounds.contains(&self.bounds),
            SpatialFilterMode::Intersects | SpatialFilterMode::Unspecified => self.bounds.intersects(&bounds),
        };
        is_possible && self.matches_relation(&self.in_plane, &Geometry::in_plane(&shape))
    }

    fn matches_relation(&self, filter: &Geometry, geometry: &Geometry) -> bool {
        match self.mode {
            SpatialFilterMode::FilterContainsGeometry => filter.covers(geometry),
            SpatialFilterMode::GeometryContainsFilter => geometry.covers(filter),
            SpatialFilterMode::Intersects | SpatialFilterMode::Unspecified => filter.intersects(geometry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::antimeridian::ACROSS_ANTIMERIDIAN;
    use crate::wkb::Position;
    use tilebox_core::protocol::wire::datasets::v1::Geometry as WireGeometry;

    const MODES: [SpatialFilterMode; 3] = [
        SpatialFilterMode::Intersects,
        SpatialFilterMode::FilterContainsGeometry,
        SpatialFilterMode::GeometryContainsFilter,
    ];
    const SYSTEMS: [SpatialCoordinateSystem; 2] =
        [SpatialCoordinateSystem::Spherical, SpatialCoordinateSystem::Cartesian];

    fn polygon(corners: &[Position]) -> Vec<u8> {
        let ring: Vec<_> = corners.iter().chain(corners.first()).collect();
        let mut wkb = vec![1];
        [3, 1, ring.len() as u32].iter().for_each(|number: &u32| wkb.extend(number.to_le_bytes()));
        ring.into_iter().flatten().for_each(|coordinate| wkb.extend(coordinate.to_le_bytes()));
        wkb
    }

    fn square(west: f64, south: f64, side: f64) -> Vec<u8> {
        polygon(&[[west, south], [west + side, south], [west + side, south + side], [west, south + side]])
    }

    fn matches(filter: &[u8], geometry: &[u8], system: SpatialCoordinateSystem) -> [bool; 3] {
        MODES.map(|mode| {
            let wire = WireFilter {
                geometry: Some(WireGeometry { wkb: filter.to_vec().into() }),
                mode: mode.into(),
                coordinate_system: system.into(),
            };
            SpatialFilter::of(&wire).expect("a filter").matches(Some(geometry))
        })
    }

    #[test]
    fn a_ring_with_both_antimeridian_longitudes_is_narrow() {
        let east = polygon(&[[170.0, 0.0], [180.0, 0.0], [-180.0, 10.0], [170.0, 10.0]]);
        let west = polygon(&[[-170.0, 0.0], [-180.0, 0.0], [180.0, 10.0], [-170.0, 10.0]]);
        for system in SYSTEMS {
            let around_zero = square(0.0, 2.0, 1.0);
            for ring in [&east, &west] {
                assert_eq!(matches(ring, &around_zero, system), [false; 3], "{system:?}");
                assert_eq!(matches(&around_zero, ring, system), [false; 3], "{system:?}");
            }
            for (ring, longitude) in [(&east, 174.0), (&west, -175.0)] {
                assert_eq!(matches(ring, &square(longitude, 2.0, 1.0), system), [true, true, false], "{system:?}");
            }
            assert_eq!(matches(&east, &square(-175.0, 2.0, 1.0), system), [false; 3], "{system:?}");
        }
        let across = polygon(&ACROSS_ANTIMERIDIAN);
        let sphere = SpatialCoordinateSystem::Spherical;
        assert_eq!(matches(&across, &square(0.0, 2.0, 1.0), sphere), [false; 3]);
        for longitude in [177.0, -178.0, 179.5] {
            assert_eq!(matches(&across, &square(longitude, 2.0, 1.0), sphere), [true, true, false], "{longitude}");
        }
        let world = polygon(&[[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0]]);
        for system in SYSTEMS {
            for ring in [&east, &west, &square(3.0, 4.0, 1.0)] {
                assert_eq!(matches(&world, ring, system), [true, true, false], "{system:?}");
            }
        }
    }
}
