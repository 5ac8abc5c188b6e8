"""STAC items, validated by the schemas of the specification."""

import json

import pyarrow as pa
import pyarrow.parquet
import pystac
import shapely
import stac_geoparquet.arrow
from pystac.validation.local_validator import get_local_schema_cache
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource

from written import FOLDER, nanoseconds, number, scenes

ASSETS = {
    "data": {
        "href": "https://a.example/S2A/data.tif",
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "title": "All bands",
        "roles": ["data"],
    },
    "small": {"href": "https://a.example/S2A/small.png", "type": "image/png", "roles": ["thumbnail"]},
}


def validator() -> Draft7Validator:
    """Returns the validator of items, with the schemas that pystac contains."""
    schemas = get_local_schema_cache()
    registry = Registry().with_resources((uri, Resource.from_contents(schema)) for uri, schema in schemas.items())
    item = schemas["https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"]
    return Draft7Validator(item, registry=registry, format_checker=FormatChecker())


def items(name: str) -> list[dict]:
    collection = json.loads((FOLDER / f"{name}.stac.json").read_text())
    assert collection["type"] == "FeatureCollection"
    return collection["features"]


def check_items_are_valid_by_the_schemas_of_stac() -> None:
    schema = validator()
    for name in ("scenes", "values", "items"):
        for item in items(name):
            schema.validate(item)
    try:
        schema.validate({**items("items")[0], "stac_version": "0.9"})
    except Exception:
        return
    raise AssertionError("the schema accepts everything")


def check_pystac_reads_items() -> None:
    expected = scenes()
    collection = pystac.ItemCollection.from_file(str(FOLDER / "scenes.stac.json"))
    assert len(collection) == len(expected)
    for item, row in zip(collection, expected, strict=True):
        assert item.id == row["id"]
        assert int(item.datetime.timestamp() * 1e6) == nanoseconds(row["time"]) // 1000, item.datetime
        assert item.properties["granule_name"] == row["granule_name"]
        assert number(row["cloud_cover"]) != number(row["cloud_cover"]) or item.properties["cloud_cover"] == number(row["cloud_cover"])
        bounds, box = shapely.from_wkt(row["geometry"]).bounds, item.bbox
        if bounds[2] - bounds[0] <= 180:
            assert tuple(box) == bounds, (box, bounds)
        else:
            assert box[0] > box[2] or (box[0], box[2]) == (-180, 180), box
    first, second = pystac.ItemCollection.from_file(str(FOLDER / "items.stac.json"))
    assert {key: asset.to_dict() for key, asset in first.assets.items()} == ASSETS
    assert [(link.rel, link.target) for link in first.links] == [("via", "https://a.example/")]
    assert second.bbox == [179, 0, -179, 1] and not second.assets


def check_stac_geoparquet_reads_items() -> None:
    for name in ("scenes", "items"):
        table = pa.parquet.read_table(FOLDER / f"{name}.stac.parquet")
        metadata = pa.parquet.read_metadata(FOLDER / f"{name}.stac.parquet").metadata
        assert json.loads(metadata[b"stac-geoparquet"]) == {"version": "1.1.0"}
        found = list(stac_geoparquet.arrow.stac_table_to_items(table))
        wanted = items(name)
        assert [item["id"] for item in found] == [item["id"] for item in wanted]
        for item, row in zip(found, wanted, strict=True):
            read = pystac.Item.from_dict(item)
            assert read.properties["datetime"][:19] == row["properties"]["datetime"][:19]
            bounds = shapely.from_geojson(json.dumps(item["geometry"])).bounds
            assert bounds[2] - bounds[0] > 180 or tuple(read.bbox) == bounds, (read.bbox, bounds)
            assert read.assets.keys() == row["assets"].keys()
            for key, asset in row["assets"].items():
                assert {**read.assets[key].to_dict()} == asset, (key, read.assets[key].to_dict())
