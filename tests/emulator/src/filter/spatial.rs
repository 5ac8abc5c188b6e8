//! Filters by geometry.

use tilebox_core::wire::datasets::v1::{SpatialCoordinateSystem, SpatialFilter as WireFilter, SpatialFilterMode};

use super::bounds::{Bounds, spans_world};
use super::figure::Figure;
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
        let bounds = Bounds::of(&shape).ok_or("geometry: must not be empty")?;
        let on_sphere = system == SpatialCoordinateSystem::Spherical && !spans_world(&shape);
        let on_sphere = on_sphere.then(|| Figure::on_sphere(&shape));
        Ok(Self { mode, bounds, on_sphere, in_plane: Figure::in_plane(&shape) })
    }

    /// Whether a datapoint with this well-known binary matches. One without geometry does not.
    pub(super) fn matches(&self, geometry: Option<&[u8]>) -> bool {
        let Some(shape) = geometry.and_then(wkb::shape) else { return false };
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
