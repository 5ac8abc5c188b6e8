"""Reads the files of outputs_write with other programs and compares their values; see run.sh."""

import ctypes
import gzip
import json
import sys
import traceback
import uuid
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import geopandas
import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pyogrio
import shapely

FOLDER = Path(sys.argv[1])
RECORDED = Path(sys.argv[2])
# The library of tests/c-stream.
LIBRARY = ctypes.CDLL(sys.argv[3])
KEY = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
OUTLINE = "MULTIPOLYGON(((0 0, 2 0, 2 2, 0 2, 0 0), (0.5 0.5, 1 0.5, 1 1, 0.5 1, 0.5 0.5)))"
# The values of write.rs: times in nanoseconds since 1970, durations in nanoseconds.
FULL = {
    "time": 1740830400000000123,
    "text": 'größer, "als"\nalles',
    "raw": b"\x00\xff",
    "flag": True,
    "number": -(2**63),
    "unsigned": 2**64 - 1,
    "ratio": -0.1,
    "wait": 90_000_000_005,
    "moment": -14182940000000000,
    "key": KEY.bytes,
    "outline": shapely.from_wkt(OUTLINE).wkb,
    "texts": ["a", "", "ß"],
    "keys": [str(KEY), str(KEY)],
}


def tables(name: str) -> dict[str, pa.Table]:
    """Returns the table that pyarrow reads from each typed format."""
    with pa.OSFile(str(FOLDER / f"{name}.arrows")) as stream:
        streamed = pa.ipc.open_stream(stream).read_all()
    return {
        "parquet": pa.parquet.read_table(FOLDER / f"{name}.parquet"),
        "arrow": pa.ipc.open_file(FOLDER / f"{name}.arrow").read_all(),
        "feather": pa.feather.read_table(FOLDER / f"{name}.arrow"),
        "arrows": streamed,
    }


def column(table: pa.Table, name: str) -> list:
    """Returns the values of a column: times and durations in nanoseconds, ids as bytes."""
    values = table[name]
    if pa.types.is_timestamp(values.type) or pa.types.is_duration(values.type):
        return values.cast(pa.int64()).to_pylist()
    return [value.bytes if isinstance(value, uuid.UUID) else value for value in values.to_pylist()]


def scenes() -> list[dict]:
    lines = (FOLDER / "scenes.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def number(text: str | None) -> float:
    """Returns a number; null means NaN."""
    return np.nan if text is None else float(text)


def nanoseconds(text: str) -> int:
    return pd.Timestamp(text).value


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
        for name in table.schema.names:
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
    assert described["bbox"] == list(frame.total_bounds), (described, frame.total_bounds)
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
    assert len(batches) > 1 and pa.Table.from_batches(batches).equals(table), "the pages are the table"
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
    shuffled = table.take(np.random.default_rng(7).permutation(table.num_rows))
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
    versions = {module.__name__: module.__version__ for module in (pa, geopandas, pyogrio, duckdb, polars)}
    print("==", ", ".join(f"{name} {version}" for name, version in versions.items()), "gdal", pyogrio.__gdal_version__)
    checks = {name: check for name, check in globals().items() if name.startswith("check_")}
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
