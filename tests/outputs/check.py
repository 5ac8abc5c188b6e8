"""Reads the files of outputs_write with other programs and compares their values; see run.sh.

| file | checks |
|---|---|
| `check.py` | Arrow, also as a C stream; GeoJSON, CSV |
| `check_parquet.py` | Parquet and GeoParquet, with bounding boxes |
| `check_json_lines.py` | JSON Lines |
| `check_stac.py` | STAC items, as GeoJSON and as Parquet |
| `written.py` | the expected values |
"""

import ctypes
import gzip
import json
import sys
import traceback
import uuid
from datetime import datetime, timezone

import duckdb
import geopandas
import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pyogrio
import pystac
import shapely

import check_json_lines
import check_parquet
import check_stac
from written import FOLDER, FULL, KEY, OUTLINE, RECORDED, column, number, scenes, nanoseconds, tables

# The library of tests/c-stream.
LIBRARY = ctypes.CDLL(sys.argv[3])


def check_pyarrow_reads_every_field_type() -> None:
    for form, table in tables("values").items():
        for name, expected in FULL.items():
            found = column(table, name)
            assert found[0] == expected, (form, name, found[0], expected)
            assert name == "time" or found[1] is None, (form, name, found[1])
        schema = table.schema
        assert schema.field("time").type == pa.timestamp("ns", "UTC"), (form, schema.field("time"))
        assert schema.field("wait").type == pa.duration("ns"), (form, schema.field("wait"))
        assert schema.field("unsigned").type == pa.uint64()
        assert schema.field("text").type == pa.string() and schema.field("raw").type == pa.binary(), (form, schema)


def check_pyarrow_reads_the_records_of_rust() -> None:
    expected = scenes()
    assert len(expected) == 3000
    for form, table in tables("scenes").items():
        assert column(table, "id") == [uuid.UUID(row["id"]).bytes for row in expected], form
        assert column(table, "time") == [nanoseconds(row["time"]) for row in expected], form
        for name in ("granule_name", "platform", "file_size"):
            assert column(table, name) == [row[name] for row in expected], (form, name)
        clouds = [np.nan if cloud is None else cloud for cloud in column(table, "cloud_cover")]
        assert np.array_equal(clouds, [number(row["cloud_cover"]) for row in expected], equal_nan=True), form


def check_recorded_values_match_the_official_protobuf() -> None:
    if not RECORDED.exists():
        print("        no recordings")
        return
    with gzip.open(RECORDED, "rt") as lines:
        rows = [json.loads(line)["row"] for line in lines]
    # Some datapoints were recorded twice, once without data.
    rows = {uuid.UUID(row["id"]["uuid"]).bytes: row for row in sorted(rows, key=len)}
    compared = 0
    for form, table in tables("recorded").items():
        ids = column(table, "id")
        assert sorted(ids) == sorted(rows), form
        for name in set(table.schema.names) - {"bbox"}:
            for found, expected in zip(column(table, name), (rows[id].get(name) for id in ids), strict=True):
                assert same(found, expected), (form, name, found, expected)
                compared += 1
    print(f"        compared {compared} values")


def same(found: object, expected: object) -> bool:
    match expected:
        case {"ns": value}:
            return found == value
        case {"uuid": value}:
            return found == uuid.UUID(value).bytes
        case {"wkb": value}:
            # Recorded geometries have an SRID, which plain WKB lacks.
            plain = shapely.set_srid(shapely.from_wkb(value), 0)
            return found == shapely.to_wkb(plain, flavor="iso", include_srid=False)
        case {"enum": value}:
            return value.endswith(found)
        case float() if expected != expected:
            return found != found
        case _:
            return found == expected


def check_gdal_reads_geojson() -> None:
    expected = scenes()
    information = pyogrio.read_info(FOLDER / "scenes.geojson")
    assert information["driver"] == "GeoJSON" and information["crs"] == "EPSG:4326", information
    frame = pyogrio.read_dataframe(FOLDER / "scenes.geojson")
    assert len(frame) == len(expected) and list(frame["id"]) == [row["id"] for row in expected]
    wanted = shapely.from_wkt([row["geometry"] for row in expected])
    found = np.asarray(frame.geometry.values)
    # RFC 7946: rings have a winding (3.1.6), and geometries are split at the antimeridian (3.1.9).
    bounds = shapely.bounds(wanted)
    crosses = bounds[:, 2] - bounds[:, 0] > 180
    same = shapely.equals_exact(shapely.normalize(found[~crosses]), shapely.normalize(wanted[~crosses]), tolerance=0)
    # Coordinates have enough digits for exact round trips.
    assert same.all()
    assert shapely.is_valid(found[crosses]).all() and (shapely.get_num_geometries(found[crosses]) > 1).all()
    polygons = shapely.get_parts(found)
    polygons = polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON]
    assert shapely.is_ccw(shapely.get_exterior_ring(polygons)).all()
    clouds = [number(row["cloud_cover"]) for row in expected]
    assert np.array_equal(frame["cloud_cover"], clouds, equal_nan=True)
    moment = frame["time"].iloc[0].to_pydatetime().astimezone(timezone.utc)
    assert abs(moment.timestamp() - datetime.fromisoformat(expected[0]["time"]).timestamp()) < 0.001, moment
    values = json.loads((FOLDER / "values.geojson").read_text())["features"]
    properties = values[0]["properties"]
    outline = shapely.from_geojson(json.dumps(values[0]["geometry"]))
    assert shapely.normalize(outline) == shapely.normalize(shapely.from_wkt(OUTLINE))
    wanted = {"number": FULL["number"], "unsigned": FULL["unsigned"], "wait": "PT90.000000005S", "raw": "AP8=",
              "key": str(KEY), "keys": [str(KEY)] * 2, "text": FULL["text"], "moment": "1969-07-20T20:17:40Z"}
    assert {name: properties[name] for name in wanted} == wanted, properties
    assert values[1]["geometry"] is None and values[1]["properties"]["text"] is None


def check_pandas_and_duckdb_read_csv() -> None:
    expected = scenes()
    frame = pd.read_csv(FOLDER / "scenes.csv")
    assert list(frame["id"]) == [row["id"] for row in expected]
    assert list(frame["file_size"]) == [row["file_size"] for row in expected]
    wanted = shapely.from_wkt([row["geometry"] for row in expected])
    assert shapely.equals_exact(shapely.from_wkt(frame["geometry"]), wanted, tolerance=0).all()
    text, number = duckdb.sql(f"select text, number from read_csv('{FOLDER}/values.csv') where flag").fetchall()[0]
    assert (text, number) == (FULL["text"], FULL["number"])


class CStream(ctypes.Structure):
    """An Arrow C stream, which the library fills."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")]
    NAME = b"arrow_array_stream"

    def __init__(self, function: str, *streams: "CStream") -> None:
        super().__init__()
        status = getattr(LIBRARY, function)(*(ctypes.byref(stream) for stream in (*streams, self)))
        assert status == 0, f"{function} failed"

    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader._import_from_c(ctypes.addressof(self))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The Arrow PyCapsule interface, which Polars, DuckDB and others accept."""
        capsule = ctypes.pythonapi.PyCapsule_New
        capsule.restype, capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return capsule(ctypes.addressof(self), self.NAME, None)


def check_pyarrow_reads_c_streams() -> None:
    expected = scenes()
    table = CStream("tilebox_table").reader().read_all()
    batches = list(CStream("tilebox_pages").reader())
    pages = pa.Table.from_batches(batches)
    assert len(batches) > 1 and pages.schema.equals(table.schema), f"{len(batches)} pages, {pages.schema}"
    # As text, because NaN does not equal itself.
    assert all(str(column(pages, name)) == str(column(table, name)) for name in table.column_names)
    assert column(table, "id") == [uuid.UUID(row["id"]).bytes for row in expected]
    assert column(table, "time") == [nanoseconds(row["time"]) for row in expected]
    assert column(table, "granule_name") == [row["granule_name"] for row in expected]
    assert table.schema.field("geometry").metadata[b"ARROW:extension:name"] == b"geoarrow.wkb", table.schema
    # Dropping a stream that was not read releases it.
    CStream("tilebox_pages").reader().close()
    try:
        CStream("tilebox_broken_pages").reader().read_all()
    except Exception as error:
        assert "the disk is on fire" in str(error), error
    else:
        raise AssertionError("a broken load is an error")


def check_streams_of_pyarrow_are_datapoints() -> None:
    table = CStream("tilebox_table").reader().read_all()
    starts = np.random.default_rng(7).permutation(np.arange(0, table.num_rows, 7))
    shuffled = pa.concat_tables(table.slice(start, 7) for start in starts)
    stream = CStream.__new__(CStream)
    shuffled.to_reader(max_chunksize=100)._export_to_c(ctypes.addressof(stream))
    back = CStream("tilebox_sorted", stream).reader().read_all()
    assert column(back, "time") == column(table, "time")
    assert sorted(column(back, "id")) == column(table, "id")


def check_polars_and_duckdb_read_c_streams() -> None:
    expected = scenes()
    frame = polars.DataFrame(CStream("tilebox_table"))
    assert frame["granule_name"].to_list() == [row["granule_name"] for row in expected]
    assert frame["time"].dt.timestamp("ns").to_list() == [nanoseconds(row["time"]) for row in expected]
    pages = CStream("tilebox_pages")
    clear = sum(number(row["cloud_cover"]) < 20 for row in expected)
    assert duckdb.sql("select count(*) from pages where cloud_cover < 20").fetchall() == [(clear,)]


def main() -> int:
    versions = {module.__name__: module.__version__ for module in (pa, geopandas, pyogrio, duckdb, polars, pystac)}
    print("==", ", ".join(f"{name} {version}" for name, version in versions.items()), "gdal", pyogrio.__gdal_version__)
    modules = [globals(), vars(check_parquet), vars(check_json_lines), vars(check_stac)]
    everything = {name: value for module in modules for name, value in module.items()}
    checks = {name: check for name, check in everything.items() if name.startswith("check_") and callable(check)}
    failed = 0
    for name, check in checks.items():
        try:
            check()
            print("ok     ", name.removeprefix("check_").replace("_", " "))
        except Exception:
            failed += 1
            print("FAILED ", name.removeprefix("check_").replace("_", " "))
            traceback.print_exc()
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
