//! Filters by geometry.

use tilebox_core::protocol::wire::datasets::v1::{
    SpatialCoordinateSystem, SpatialFilter as WireFilter, SpatialFilterMode,
};

use super::bounds::Bounds;
use super::figure::Figure;
use crate::meridian::{spans_world, with_one_antimeridian};
use crate::wkb;

/// What stands for a mode that is not given.
const DEFAULT_MODE: SpatialFilterMode = SpatialFilterMode::Intersects;
/// What stands for a coordinate system that is not given. The documentation says so; a comment in the API says
/// Cartesian.
const DEFAULT_SYSTEM: SpatialCoordinateSystem = SpatialCoordinateSystem::Spherical;

/// A geometry and how datapoints must relate to it.
///
/// Two geometries are compared in the plane, whatever was asked for, when one of them goes around the world: on the
/// sphere the edges of a box around the world have no length, and it would hold nothing.
///
/// Boundaries count as parts of geometries; what the real server makes
/// of geometries that only touch is not known.
pub(super) struct SpatialFilter {
    mode: SpatialFilterMode,
    bounds: Bounds,
    /// Unless only the plane is asked for.
    on_sphere: Option<Figure>,
    in_plane: Figure,
}

impl SpatialFilter {
    pub(super) fn of(filter: &WireFilter) -> Result<Self, String> {
        let mode = match SpatialFilterMode::try_from(filter.mode) {
            Ok(SpatialFilterMode::Unspecified) => DEFAULT_MODE,
            Ok(mode) => mode,
            Err(_) => return Err(format!("mode: {} is not known", filter.mode)),
        };
        let system = match SpatialCoordinateSystem::try_from(filter.coordinate_system) {
            Ok(SpatialCoordinateSystem::Unspecified) => DEFAULT_SYSTEM,
            Ok(system) => system,
            Err(_) => return Err(format!("coordinate_system: {} is not known", filter.coordinate_system)),
        };
        let geometry = filter.geometry.as_ref().ok_or("geometry: a value is required")?;
        let shape = wkb::shape(&geometry.wkb)
            .ok_or("geometry: must be well-known binary with finite coordinates, SRID 0 or 4326 if any")?;
        let shape = with_one_antimeridian(shape);
        let bounds = Bounds::of(&shape).ok_or("geometry: must not be empty")?;
        let on_sphere = system == SpatialCoordinateSystem::Spherical && !spans_world(&shape);
        let on_sphere = on_sphere.then(|| Figure::on_sphere(&shape));
        Ok(Self { mode, bounds, on_sphere, in_plane: Figure::in_plane(&shape) })
    }

    /// Whether a datapoint with this well-known binary matches. One without geometry does not.
    pub(super) fn matches(&self, geometry: Option<&[u8]>) -> bool {
        let Some(shape) = geometry.and_then(wkb::shape).map(with_one_antimeridian) else { return false };
        let Some(bounds) = Bounds::of(&shape) else { return false };
        if let Some(filter) = self.on_sphere.as_ref().filter(|_| !spans_world(&shape)) {
            return self.relates(filter, &Figure::on_sphere(&shape));
        }
        // Boxes are cheaper to compare, and in the plane they tell.
        let possible = match self.mode {
            SpatialFilterMode::FilterContainsGeometry => self.bounds.contain(&bounds),
            SpatialFilterMode::GeometryContainsFilter => bounds.contain(&self.bounds),
            SpatialFilterMode::Intersects | SpatialFilterMode::Unspecified => self.bounds.overlap(&bounds),
        };
        possible && self.relates(&self.in_plane, &Figure::in_plane(&shape))
    }

    fn relates(&self, filter: &Figure, geometry: &Figure) -> bool {
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
    use crate::wkb::Position;
    use tilebox_core::protocol::wire::datasets::v1::Geometry;

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
                geometry: Some(Geometry { wkb: filter.to_vec().into() }),
                mode: mode.into(),
                coordinate_system: system.into(),
            };
            SpatialFilter::of(&wire).expect("a filter").matches(Some(geometry))
        })
    }

    #[test]
    fn a_ring_with_both_longitudes_of_the_antimeridian_does_not_wrap_the_world() {
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
        let over = polygon(&[
            [175.0, 0.0],
            [180.0, 0.0],
            [-180.0, 0.0],
            [-175.0, 0.0],
            [-175.0, 5.0],
            [-180.0, 5.0],
            [180.0, 5.0],
            [175.0, 5.0],
        ]);
        let sphere = SpatialCoordinateSystem::Spherical;
        assert_eq!(matches(&over, &square(0.0, 2.0, 1.0), sphere), [false; 3]);
        for longitude in [177.0, -178.0, 179.5] {
            assert_eq!(matches(&over, &square(longitude, 2.0, 1.0), sphere), [true, true, false], "{longitude}");
        }
        let world = polygon(&[[-180.0, -90.0], [180.0, -90.0], [180.0, 90.0], [-180.0, 90.0]]);
        for system in SYSTEMS {
            for ring in [&east, &west, &square(3.0, 4.0, 1.0)] {
                assert_eq!(matches(&world, ring, system), [true, true, false], "{system:?}");
            }
        }
    }
}
