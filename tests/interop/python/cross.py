"""The Python half of the cross-check with the Rust client (../cross.rs): each client reads the datapoints of the other.

`write` creates datasets with collections `from_python`. `read` compares the collections `from_rust`: those of the dataset
`cross` have the same constants in both programs, those of the others are copies of `from_python`.
"""

import argparse
import os
import sys
import traceback

import numpy as np
import pandas as pd
from field_types import SCALARS, hours
from harness import ALWAYS, Server
from tilebox.datasets.assets import Asset, AssetCollection, AssetLocation
from tilebox.datasets.data.datasets import DatasetKind
from tilebox.datasets.datasets.stac.v1.core_pb import Link
from tilebox.datasets.schema import Assets, Links, ProcessingSoftware, Provider

DATASET = "cross"
# A dataset of messages, which Rust reads as nested columns.
STAC = "cross_stac"
# A dataset with many fields.
WIDE = "cross_wide"
WIDTH = 500
TIMES = hours(3)
# The same values as in ../cross.rs.
VALUES = {
    **SCALARS,
    "texts": (list[str], [["a", "", "ß"], [], ["b"]]),
    "numbers": (list[int], [[-1, 0, 2**62], [], [5]]),
    "ratios": (list[float], [[0.5, -0.0, 1e-300], [], [2.5]]),
    "flags": (list[bool], [[True, False, True], [], [False]]),
}
ROWS = [{"time": time, **{name: values[i] for name, (_, values) in VALUES.items()}} for i, time in enumerate(TIMES)]


def write(server: Server) -> None:
    fill(server, DATASET, {name: kind for name, (kind, _) in VALUES.items()}, ROWS)
    fill(server, STAC, STAC_FIELDS, stac_rows())
    fill(server, WIDE, {f"field_{i}": (int, str, list[float])[i % 3] for i in range(WIDTH)}, wide_rows())


def fill(server: Server, name: str, fields: dict[str, object], rows: list[dict[str, object]]) -> None:
    definitions = [{"name": name, "type": kind} for name, kind in fields.items()]
    dataset = server.client().create_or_update_dataset(DatasetKind.TEMPORAL, name, definitions)
    ids = dataset.create_collection("from_python").ingest(rows)
    assert len(set(ids)) == len(rows), ids


STAC_FIELDS = {"assets": Assets, "links": Links, "provider": Provider, "software": ProcessingSoftware}


def stac_rows() -> list[dict[str, object]]:
    asset = Asset("b02", AssetLocation("s3://bucket/item/b02.tif"), roles=frozenset({"data", "made-up"}), title="Blue")
    other = Asset("thumbnail", AssetLocation("s3://bucket/item/t.jpg"), roles=frozenset({"thumbnail"}))
    assets = AssetCollection.from_assets([asset, other]).to_fields()["assets"]
    links = Links(links=[Link(href="https://example.com", rel="self"), Link(href="s3://bucket", rel="item", title="")])
    return [
        {"time": TIMES[0], "assets": assets, "links": links},
        {"time": TIMES[1], "provider": Provider(name="Somebody"), "software": ProcessingSoftware(versions={"a": "1"})},
        {"time": TIMES[2], "links": Links(), "software": ProcessingSoftware(versions={"b": "2", "a": "1", "c": ""})},
    ]


def wide_rows() -> list[dict[str, object]]:
    value = (lambda i: i - 250, str, lambda i: [i / 4, 0.0])
    return [
        {"time": time, **{f"field_{i}": value[i % 3](i) for i in range(0, WIDTH, step)}}
        for time, step in zip(TIMES, (1, 7, 500), strict=True)
    ]


def read(server: Server) -> None:
    read_values(server)
    for name in (STAC, WIDE):
        dataset = server.client().dataset(name)
        expected, found = (dataset.collection(name).query(temporal_extent=ALWAYS) for name in ("from_python", "from_rust"))
        assert set(found.variables) == set(expected.variables), name
        for variable in set(expected.data_vars) - {"id", "ingestion_time"}:
            for left, right in zip(found[variable].values, expected[variable].values, strict=True):
                assert same(left, right), (name, variable, left, right)
    stored = server.client().dataset(STAC).collection("from_rust").query(temporal_extent=ALWAYS)
    sent = AssetCollection.from_datapoint(stored.isel(time=0))
    assert sorted(sent) == ["b02", "thumbnail"] and sent["b02"].title == "Blue", sent


def read_values(server: Server) -> None:
    dataset = server.client().dataset(DATASET)
    collection = dataset.collection("from_rust")
    found = collection.query(temporal_extent=ALWAYS)
    assert list(found.time.to_index()) == [time.tz_localize(None) for time in TIMES]
    expected = dataset.collection("from_python").query(temporal_extent=ALWAYS)
    assert set(found.variables) == set(expected.variables)
    for name in VALUES:
        for left, right in zip(found[name].values, expected[name].values, strict=True):
            assert same(left, right), (name, left, right)
    # The id of a datapoint contains a hash of its values, so equal ids mean equal datapoints.
    ids = collection.ingest(ROWS)
    assert [str(id) for id in ids] == list(found.id.values), "equal values have equal ids"
    assert collection.info().count == len(ROWS), "no datapoint was added"


def same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray):
        return len(left) == len(right) and all(same(one, other) for one, other in zip(left, right, strict=True))
    if missing(left) or missing(right):
        return missing(left) and missing(right)
    return bool(left == right)


def missing(value: object) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["write", "read"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--transport", choices=["grpc", "http1"], required=True)
    arguments = parser.parse_args()
    step = write if arguments.step == "write" else read
    try:
        step(Server(arguments.url, arguments.transport, ""))
    except Exception:  # noqa: BLE001 - every error fails the check
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # A refused query leaves a thread of the client running, for which a normal exit would wait.
    os._exit(status)
