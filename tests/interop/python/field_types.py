"""Round trips of every field type."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import numpy as np
import pandas as pd
from harness import ALWAYS, Server
from shapely import MultiPolygon, Point, Polygon, box
from tilebox.datasets.assets import Asset, AssetCollection, AssetLocation
from tilebox.datasets.data.datasets import DatasetKind
from tilebox.datasets.datasets.stac.v1.core_pb import Link
from tilebox.datasets.schema import Assets, Authentication, Geometry, Links, ProcessingSoftware, Provider, Storage

SCALARS = {
    "text": (str, ["", "größer", None]),
    "raw": (bytes, [b"", b"\x00\xff", None]),
    "flag": (bool, [True, False, True]),
    "number": (int, [0, -(2**63), 2**63 - 1]),
    "unsigned": (np.uint64, [np.uint64(0), np.uint64(2**64 - 1), np.uint64(7)]),
    "ratio": (float, [0.0, -1.5e300, None]),
    "wait": (timedelta, [timedelta(0), timedelta(days=3, microseconds=5), None]),
    "moment": (datetime, [datetime(1969, 7, 20, tzinfo=timezone.utc), datetime(2200, 1, 1, tzinfo=timezone.utc), None]),
    "key": (UUID, [UUID(int=1), UUID(int=2**128 - 1), None]),
    "outline": (Geometry, [Point(1, 2), box(0, 0, 1, 1), None]),
}


def hours(count: int) -> list[pd.Timestamp]:
    return list(pd.date_range("2025-03-01T12:00:00.000000123", periods=count, freq="1h", tz="UTC"))


def check_scalars_are_unchanged(server: Server) -> None:
    fields = [{"name": name, "type": kind} for name, (kind, _) in SCALARS.items()]
    collection = server.dataset(fields).create_collection("c")
    times = hours(3)
    rows = [{"time": times[i], **{name: values[i] for name, (_, values) in SCALARS.items()}} for i in range(3)]
    ids = collection.ingest(rows)
    data = collection.query(temporal_extent=ALWAYS)
    assert [str(id) for id in ids] == list(data.id.values)
    assert list(data.time.to_index()) == [time.tz_localize(None) for time in times], "nanoseconds are kept"
    for name, (kind, expected) in SCALARS.items():
        for found, wanted in zip(data[name].values, expected, strict=True):
            if wanted is None:
                assert found == "" if kind is UUID else pd.isna(found), (name, found)
            elif kind is Geometry:
                assert found.equals(wanted), (name, found)
            elif kind is datetime:
                assert pd.Timestamp(found, tz="UTC") == wanted, (name, found)
            elif kind is timedelta:
                assert pd.Timedelta(found) == wanted, (name, found)
            else:
                assert found == (str(wanted) if kind is UUID else wanted), (name, found)


def check_lists_are_unchanged(server: Server) -> None:
    lists = {
        "texts": (list[str], ["a", "", "ß"]),
        "raws": (list[bytes], [b"\x01", b"\x02\x03", b""]),
        "flags": (list[bool], [True, False, True]),
        "numbers": (list[int], [-1, 0, 2**62]),
        "unsigneds": (list[np.uint64], [1, 2, 2**64 - 1]),
        "ratios": (list[float], [0.5, -0.0, 1e-300]),
        "waits": (list[timedelta], [timedelta(1), timedelta(2), timedelta(3)]),
        "moments": (list[datetime], [datetime(2000, 1, day, tzinfo=timezone.utc) for day in (1, 2, 3)]),
        "keys": (list[UUID], [UUID(int=n) for n in (1, 2, 3)]),
        "outlines": (list[Geometry], [Point(n, n) for n in (1, 2, 3)]),
    }
    fields = [{"name": name, "type": kind} for name, (kind, _) in lists.items()]
    collection = server.dataset(fields).create_collection("c")
    collection.ingest([{"time": hours(1)[0], **{name: values for name, (_, values) in lists.items()}}])
    data = collection.query(temporal_extent=ALWAYS)
    for name, (_, expected) in lists.items():
        found = list(data[name].values[0])
        assert len(found) == 3, (name, found)
        for one, wanted in zip(found, expected, strict=True):
            if isinstance(wanted, datetime):
                assert pd.Timestamp(one, tz="UTC") == wanted
            elif isinstance(wanted, timedelta):
                assert pd.Timedelta(one) == wanted
            else:
                assert one == (str(wanted) if isinstance(wanted, UUID) else wanted), (name, found)


def check_stac_messages_are_unchanged(server: Server) -> None:
    kinds = {
        "assets": Assets,
        "authentication": Authentication,
        "storage": Storage,
        "links": Links,
        "provider": Provider,
        "software": ProcessingSoftware,
    }
    collection = server.dataset([{"name": name, "type": kind} for name, kind in kinds.items()]).create_collection("c")
    assets = AssetCollection.from_assets(
        [
            Asset("b02", AssetLocation("s3://bucket/item/b02.tif"), roles=frozenset({"data"}), title="Blue"),
            Asset("thumbnail", AssetLocation("s3://bucket/item/t.jpg"), roles=frozenset({"thumbnail"})),
        ]
    )
    values = {
        "links": Links(links=[Link(href="https://example.com", rel="self")]),
        "provider": Provider(name="Somebody"),
        "software": ProcessingSoftware(versions={"a": "1"}),
    }
    collection.ingest([{"time": hours(1)[0], "assets": assets.to_fields()["assets"], **values}])
    data = collection.query(temporal_extent=ALWAYS).isel(time=0)
    assert AssetCollection.from_datapoint(data) == assets
    for name, value in values.items():
        assert data[name].item() == value, name


def check_geometries_are_unchanged_but_wound(server: Server) -> None:
    collection = server.dataset([{"name": "text", "type": str}], DatasetKind.SPATIOTEMPORAL).create_collection("c")
    clockwise = Polygon([(0, 0), (0, 1), (1, 1), (1, 0)])
    several = MultiPolygon([box(10, 10, 11, 11), box(20, 20, 21, 21)])
    geometries = [clockwise, several, Point(5, 5), box(3, 3, 4, 4)]
    rows = [{"time": time, "geometry": geometry} for time, geometry in zip(hours(4), geometries, strict=True)]
    ids = collection.ingest(rows)
    data = collection.query(temporal_extent=ALWAYS)
    assert list(data.id.values) == [str(id) for id in ids]
    for found, sent in zip(data.geometry.values, geometries, strict=True):
        assert found.equals(sent)
    assert data.geometry.values[0].exterior.is_ccw


def check_descriptors_match_the_service(server: Server) -> None:
    dataset = server.dataset([{"name": "md5sum", "type": str, "queryable": True, "description": "A sum."}])
    message = dataset._dataset
    assert message.type.type_url.endswith(f".{message.code_name.title().replace('_', '')}"), message.type.type_url
    descriptor = message.type.descriptor_set.file[0]
    assert descriptor.syntax == "editions" and descriptor.edition == 1000
    fields = descriptor.message_type[0].field
    assert [(field.name, field.number) for field in fields] == [
        ("time", 1),
        ("id", 2),
        ("ingestion_time", 3),
        ("md5sum", 4),
    ]
    assert fields[3].json_name == "md5Sum"
    annotation = message.type.field_annotations[3]
    assert annotation.queryable and annotation.description == "A sum."
    assert message.type.field_annotations[0].source_json_pointer == "/properties/datetime"
