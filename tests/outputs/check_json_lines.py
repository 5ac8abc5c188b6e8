"""JSON Lines."""

import json

import duckdb
import pyarrow as pa
import pyarrow.json
import shapely

from written import FOLDER, FULL, KEY, OUTLINE, nanoseconds, number, scenes


def check_json_lines_have_all_columns_and_values() -> None:
    expected = scenes()
    lines = [json.loads(line) for line in (FOLDER / "scenes.jsonl").read_text().splitlines()]
    assert len(lines) == len(expected)
    names = pa.parquet.read_schema(FOLDER / "scenes.parquet").names
    for line, row in zip(lines, expected, strict=True):
        assert [*line, "bbox"] == names, line
        assert (line["id"], line["file_size"], line["platform"]) == (row["id"], row["file_size"], row["platform"])
        assert nanoseconds(line["time"]) == nanoseconds(row["time"])
        geometry, wanted = shapely.from_geojson(json.dumps(line["geometry"])), shapely.from_wkt(row["geometry"])
        crosses = wanted.bounds[2] - wanted.bounds[0] > 180
        assert crosses or shapely.normalize(geometry) == shapely.normalize(wanted), line
    full, empty = map(json.loads, (FOLDER / "values.jsonl").read_text().splitlines())
    for name in ("text", "flag", "number", "unsigned", "ratio", "texts", "keys"):
        assert full[name] == FULL[name], (name, full[name])
    assert (full["wait"], full["raw"], full["key"]) == ("PT90.000000005S", "AP8=", str(KEY))
    outline = shapely.from_geojson(json.dumps(full["outline"]))
    assert shapely.normalize(outline) == shapely.normalize(shapely.from_wkt(OUTLINE))
    assert full.keys() == empty.keys() and empty["outline"] is None


def check_pyarrow_and_duckdb_read_json_lines() -> None:
    expected = scenes()
    # Geometries of several types have coordinates of several depths, which pyarrow cannot read.
    fields = pa.schema([("id", pa.string()), ("time", pa.timestamp("ns", "UTC")), ("file_size", pa.int64())])
    options = pa.json.ParseOptions(explicit_schema=fields, unexpected_field_behavior="ignore")
    table = pa.json.read_json(FOLDER / "scenes.jsonl", parse_options=options)
    assert table["time"].cast(pa.int64()).to_pylist() == [nanoseconds(row["time"]) for row in expected]
    assert table["id"].to_pylist() == [row["id"] for row in expected]
    assert table["file_size"].to_pylist() == [row["file_size"] for row in expected]
    found = duckdb.sql(
        f"select id::varchar, file_size from read_json('{FOLDER}/scenes.jsonl') where cloud_cover < 20 order by id"
    ).fetchall()
    assert found == [(row["id"], row["file_size"]) for row in expected if number(row["cloud_cover"]) < 20]
