"""Parquet and GeoParquet, with bounding boxes that readers skip row groups by."""

import json
import re
import uuid

import duckdb
import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet
import shapely

from written import FOLDER, FULL, KEY, OUTLINE, nanoseconds, number, scenes

ROW_GROUP = 8192
"""Maximum number of rows of a row group."""


def covered(geometries: np.ndarray) -> np.ndarray:
    """Returns the places that the bounding boxes contain: all longitudes for an edge across the antimeridian."""
    bounds = shapely.bounds(geometries)
    crosses = bounds[:, 2] - bounds[:, 0] > 180
    bounds[crosses, 0], bounds[crosses, 2] = -180, 180
    return shapely.box(*bounds.T)


def check_geopandas_reads_geoparquet_with_its_metadata() -> None:
    expected = scenes()
    frame = geopandas.read_parquet(FOLDER / "scenes.parquet")
    assert frame.crs is not None and frame.crs.to_epsg() == 4326 or frame.crs == "OGC:CRS84", frame.crs
    assert frame.geometry.name == "geometry" and len(frame) == len(expected)
    wanted = shapely.from_wkt([row["geometry"] for row in expected])
    assert shapely.equals_exact(frame.geometry.values, wanted, tolerance=0).all()
    assert (frame["granule_name"] == [row["granule_name"] for row in expected]).all()
    geo = json.loads(pa.parquet.read_metadata(FOLDER / "scenes.parquet").metadata[b"geo"])
    described = geo["columns"]["geometry"]
    assert geo["version"] == "1.1.0" and described["encoding"] == "WKB", geo
    assert sorted(described["geometry_types"]) == sorted(set(frame.geometry.geom_type)), geo
    assert described["bbox"] == list(shapely.total_bounds(covered(frame.geometry.values))), described
    values = geopandas.read_parquet(FOLDER / "values.parquet")
    assert values.geometry.name == "outline" and values.geometry.iloc[0].equals(shapely.from_wkt(OUTLINE))
    assert values.geometry.iloc[1] is None


def check_duckdb_queries_parquet() -> None:
    expected = [row for row in scenes() if number(row["cloud_cover"]) < 20]
    found = duckdb.sql(
        f"select id::varchar, epoch_ns(time), granule_name, cloud_cover from '{FOLDER}/scenes.parquet'"
        " where cloud_cover < 20 order by id"
    ).fetchall()
    assert found == [(row["id"], nanoseconds(row["time"]), row["granule_name"], number(row["cloud_cover"])) for row in expected]
    count, average = duckdb.sql(f"select count(*), avg(file_size) from '{FOLDER}/scenes.parquet'").fetchall()[0]
    assert count == 3000 and np.isclose(average, np.mean([row["file_size"] for row in scenes()]))
    key, texts = duckdb.sql(f"select key, texts from '{FOLDER}/values.parquet' where key is not null").fetchall()[0]
    assert (uuid.UUID(str(key)), texts) == (KEY, FULL["texts"])


def check_bounding_boxes_contain_the_geometries() -> None:
    boxes = pa.parquet.read_table(FOLDER / "scenes.parquet", columns=["bbox"])["bbox"].combine_chunks()
    assert all(boxes.type.field(index).type == pa.float32() for index in range(4)), boxes.type
    sides = np.column_stack([boxes.field(side).to_numpy().astype(float) for side in ("xmin", "ymin", "xmax", "ymax")])
    exact = shapely.bounds(covered(shapely.from_wkt([row["geometry"] for row in scenes()])))
    # Rounded outward, by less than two metres.
    assert (sides[:, :2] <= exact[:, :2]).all() and (sides[:, 2:] >= exact[:, 2:]).all()
    assert np.abs(sides - exact).max() < 2e-5, np.abs(sides - exact).max()
    values = pa.parquet.read_table(FOLDER / "values.parquet")["bbox"].to_pylist()
    assert values == [{"xmin": 0, "ymin": 0, "xmax": 2, "ymax": 2}, None], values


def check_geopandas_reads_a_bounding_box() -> None:
    for box in [(-10, 35, 40, 60), (179.5, -90, 180, 90), (-180, -90, 180, 90), (0, 0, 0, 0)]:
        found = geopandas.read_parquet(FOLDER / "scenes.parquet", bbox=box)
        wanted = [row["id"] for row in scenes() if intersects(row["geometry"], box)]
        assert set(wanted) <= set(map(str, map(as_uuid, found["id"]))), (box, len(found), len(wanted))
        assert "bbox" not in found.columns
    track = geopandas.read_parquet(FOLDER / "track.parquet", bbox=(10, -1, 11, 1))
    rows = [row for row in range(99_000) if 10 <= -180 + 360 * row / 100_000 <= 11]
    assert list(track["row"]) == rows, (len(track), len(rows))


def intersects(text: str, box: tuple) -> bool:
    return bool(shapely.intersects(covered(shapely.from_wkt([text])), shapely.box(*box))[0])


def as_uuid(value: object) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(bytes=value)


def check_row_groups_are_skipped_by_place() -> None:
    metadata = pa.parquet.read_metadata(FOLDER / "track.parquet")
    assert metadata.num_row_groups == -(-100_000 // ROW_GROUP), metadata
    paths = [metadata.row_group(0).column(index).path_in_schema for index in range(metadata.num_columns)]
    wanted = []
    for group in range(metadata.num_row_groups):
        columns = metadata.row_group(group)
        sides = {side: columns.column(paths.index(f"bbox.{side}")) for side in ("xmin", "xmax")}
        assert all(side.has_offset_index and side.has_column_index for side in sides.values())
        if sides["xmin"].statistics.min <= 11 and sides["xmax"].statistics.max >= 10:
            wanted.append(group)
        # Sorted by time, the first column.
        assert [(by.column_index, by.descending, by.nulls_first) for by in columns.sorting_columns] == [(0, False, False)]
    assert len(wanted) == 1, wanted
    # pyarrow, which geopandas calls, also keeps row groups with a missing geometry: the last one.
    fragment = next(pa.dataset.dataset(FOLDER / "track.parquet").get_fragments())
    condition = (pa.compute.field("bbox", "xmin") <= 11) & (pa.compute.field("bbox", "xmax") >= 10)
    kept = [group.id for part in fragment.split_by_row_group(condition) for group in part.row_groups]
    assert kept == [*wanted, metadata.num_row_groups - 1], (kept, wanted)


def check_duckdb_skips_row_groups_by_place() -> None:
    condition = "bbox.xmin <= 11 and bbox.xmax >= 10"
    track = f"from '{FOLDER}/track.parquet' where {condition}"
    count = duckdb.sql(f"select count(*) {track} and geometry && 'POLYGON((10 -1, 11 -1, 11 1, 10 1, 10 -1))'::geometry")
    rows = [row for row in range(99_000) if 10 <= -180 + 360 * row / 100_000 <= 11]
    assert count.fetchall() == [(len(rows),)], count
    plan = duckdb.sql(f"explain analyze select row {track}").fetchall()[0][1]
    assert re.search(r"Row Groups Scanned: 1 / 13", plan), plan
