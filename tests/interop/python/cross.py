"""One half of the cross-check with the Rust client, see ../cross.rs: what one client wrote, the other one reads.

`write` makes the dataset and fills the collection `from_python`; `read` looks at what the Rust client put into `from_rust`.
"""

import argparse
import os
import sys
import traceback

import numpy as np
import pandas as pd
from harness import ALWAYS, Server
from tilebox.datasets.data.datasets import DatasetKind
from types_of_fields import SCALARS, hours

DATASET = "cross"
TIMES = hours(3)
# The same values, with those of SCALARS, stand in ../cross.rs.
VALUES = {
    **SCALARS,
    "texts": (list[str], [["a", "", "ß"], [], ["b"]]),
    "numbers": (list[int], [[-1, 0, 2**62], [], [5]]),
    "ratios": (list[float], [[0.5, -0.0, 1e-300], [], [2.5]]),
    "flags": (list[bool], [[True, False, True], [], [False]]),
}
ROWS = [{"time": time, **{name: values[i] for name, (_, values) in VALUES.items()}} for i, time in enumerate(TIMES)]


def write(server: Server) -> None:
    fields = [{"name": name, "type": kind} for name, (kind, _) in VALUES.items()]
    dataset = server.client().create_or_update_dataset(DatasetKind.TEMPORAL, DATASET, fields)
    ids = dataset.create_collection("from_python").ingest(ROWS)
    assert len(set(ids)) == len(ROWS), ids


def read(server: Server) -> None:
    dataset = server.client().dataset(DATASET)
    collection = dataset.collection("from_rust")
    found = collection.query(temporal_extent=ALWAYS)
    assert list(found.time.to_index()) == [time.tz_localize(None) for time in TIMES]
    mine = dataset.collection("from_python").query(temporal_extent=ALWAYS)
    assert set(found.variables) == set(mine.variables)
    for name in VALUES:
        for left, right in zip(found[name].values, mine[name].values, strict=True):
            assert same(left, right), (name, left, right)
    # The id of a datapoint is a digest of all it holds: an equal id is an equal datapoint.
    ids = collection.ingest(ROWS)
    assert [str(id) for id in ids] == list(found.id.values), "the same values have the same ids"
    assert collection.info().count == len(ROWS), "nothing was added"


def same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray):
        return len(left) == len(right) and all(same(one, other) for one, other in zip(left, right, strict=True))
    if pd.isna(left) or pd.isna(right):
        return bool(pd.isna(left) and pd.isna(right))
    return bool(left == right)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["write", "read"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--transport", choices=["grpc", "http1"], required=True)
    arguments = parser.parse_args()
    step = write if arguments.step == "write" else read
    try:
        step(Server(arguments.url, arguments.transport, ""))
    except Exception:  # noqa: BLE001 - whatever it is, the check has failed
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # After a refused query the client leaves a thread behind that an ordinary exit would wait for.
    os._exit(status)
