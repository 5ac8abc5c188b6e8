"""Spatial filters on the sphere and in the plane."""

import pandas as pd
from harness import ALWAYS, CATALOGUE, Server
from shapely import MultiPolygon, Point, Polygon, box
from tilebox.datasets.data.datasets import DatasetKind

from checks import raises

# Geometries at error-prone positions.
PLACES = {
    "small": box(10, 50, 11, 51),
    "over_antimeridian": Polygon([(179, 0), (181, 0), (181, 1), (179, 1)]),
    "halves": MultiPolygon([box(170, 20, 180, 30), box(-180, 20, -170, 30)]),
    "north_pole": Polygon([(0, 80), (90, 80), (180, 80), (-90, 80)]),
    "south_pole": Polygon([(0, -80), (-90, -80), (180, -80), (90, -80)]),
    "holed": Polygon(box(30, 0, 40, 10).exterior, [box(34, 4, 36, 6).exterior]),
    "point": Point(-60, -20),
}


def _collection(server: Server):
    dataset = server.dataset([{"name": "place", "type": str}], DatasetKind.SPATIOTEMPORAL)
    collection = dataset.create_collection("c")
    times = pd.date_range("2025-01-01", periods=len(PLACES), freq="1s")
    rows = [{"time": t, "geometry": g, "place": p} for t, (p, g) in zip(times, PLACES.items(), strict=True)]
    collection.ingest(rows)
    return collection


def _found(collection, geometry, **options) -> set[str]:
    data = collection.query(temporal_extent=ALWAYS, spatial_extent={"geometry": geometry, **options})
    return set(data.place.values) if data.sizes else set()


def check_the_sphere_has_no_edge(server: Server) -> None:
    collection = _collection(server)
    for geometry, mode, expected in [
        (box(9, 49, 12, 52), "intersects", {"small"}),
        (box(9, 49, 12, 52), "filter_contains_geometry", {"small"}),
        (box(9, 49, 10.5, 52), "filter_contains_geometry", set()),
        (Point(10.5, 50.5), "geometry_contains_filter", {"small"}),
        (Point(-179.5, 0.5), "intersects", {"over_antimeridian"}),
        (Point(179.5, 0.5), "geometry_contains_filter", {"over_antimeridian"}),
        (box(-180, -1, -178, 2), "intersects", {"over_antimeridian"}),
        (Polygon([(178, -1), (182, -1), (182, 2), (178, 2)]), "filter_contains_geometry", {"over_antimeridian"}),
        (Polygon([(178, -1), (-178, -1), (-178, 2), (178, 2)]), "filter_contains_geometry", {"over_antimeridian"}),
        (Polygon([(179, 24), (181, 24), (181, 25), (179, 25)]), "geometry_contains_filter", {"halves"}),
        (Point(77, 90), "intersects", {"north_pole"}),
        (Point(123, -89), "geometry_contains_filter", {"south_pole"}),
        (Polygon([(0, 60), (90, 60), (180, 60), (-90, 60)]), "filter_contains_geometry", {"north_pole"}),
        (Point(35, 5), "intersects", set()),
        (Point(31, 5), "intersects", {"holed"}),
        (box(33, 3, 37, 7), "geometry_contains_filter", set()),
        (box(31, 1, 33, 9), "geometry_contains_filter", {"holed"}),
        (box(-61, -21, -59, -19), "filter_contains_geometry", {"point"}),
        (Point(-60, -20), "geometry_contains_filter", {"point"}),
        (box(-180, -90, 180, 90), "intersects", set(PLACES)),
    ]:
        found = _found(collection, geometry, mode=mode, coordinate_system="spherical")
        assert found == expected, f"{geometry} {mode}: expects {expected}, got {found}"
        if mode == "intersects":
            assert _found(collection, geometry) == expected, "the sphere is the default"


def check_the_plane_ends_at_the_antimeridian(server: Server) -> None:
    collection = _collection(server)
    for geometry, mode, expected in [
        (box(9, 49, 12, 52), "filter_contains_geometry", {"small"}),
        (Point(-179.5, 0.5), "intersects", set()),
        (Point(180.5, 0.5), "intersects", {"over_antimeridian"}),
        (box(179, 24, 180, 25), "geometry_contains_filter", {"halves"}),
        (box(-175, 24, -174, 25), "geometry_contains_filter", {"halves"}),
        (Point(35, 5), "intersects", set()),
        (box(33, 3, 37, 7), "intersects", {"holed"}),
        (box(-180, -90, 181, 90), "filter_contains_geometry", set(PLACES)),
    ]:
        found = _found(collection, geometry, mode=mode, coordinate_system="cartesian")
        assert found == expected, f"{geometry} {mode}: expects {expected}, got {found}"


def check_spatial_filters_match_shapely(server: Server) -> None:
    dataset = server.client().dataset(CATALOGUE)
    whole = dataset.query(temporal_extent=ALWAYS)
    middle = whole.geometry.values[0].centroid
    area = box(middle.x - 20, middle.y - 10, middle.x + 20, middle.y + 10)
    for mode, test in [
        ("intersects", lambda geometry: area.intersects(geometry)),
        ("filter_contains_geometry", lambda geometry: area.covers(geometry)),
    ]:
        extent = {"geometry": area, "mode": mode, "coordinate_system": "cartesian"}
        found = dataset.query(temporal_extent=ALWAYS, spatial_extent=extent)
        expected = [id for id, geometry in zip(whole.id.values, whole.geometry.values, strict=True) if test(geometry)]
        assert list(found.id.values) == expected and expected


def check_datasets_without_geometry_refuse_spatial_filters(server: Server) -> None:
    from _tilebox.grpc.error import ArgumentError

    collection = server.dataset([]).create_collection("c")
    with raises(ArgumentError, "geometry"):
        collection.query(temporal_extent=ALWAYS, spatial_extent=box(0, 0, 1, 1))
