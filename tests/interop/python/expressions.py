"""Filter expressions."""

import numpy as np
import pandas as pd
from harness import ALWAYS, CATALOGUE, Server
from tilebox.datasets import field

from checks import raises

FIELDS = [
    {"name": "text", "type": str, "queryable": True},
    {"name": "number", "type": int, "queryable": True},
    {"name": "unsigned", "type": np.uint64, "queryable": True},
    {"name": "ratio", "type": float, "queryable": True},
    {"name": "flag", "type": bool, "queryable": True},
    {"name": "hidden", "type": int},
]

ROWS = [
    {"text": "a", "number": -5, "unsigned": np.uint64(0), "ratio": 0.5, "flag": True, "hidden": 1},
    {"text": "b", "number": 0, "unsigned": np.uint64(2**64 - 1), "ratio": 1.0, "flag": False, "hidden": 1},
    {"text": "ä", "number": 7, "unsigned": np.uint64(9), "ratio": 2.5, "flag": None, "hidden": 1},
    {"text": None, "number": None, "unsigned": None, "ratio": None, "flag": True, "hidden": 1},
]


def _collection(server: Server):
    times = pd.date_range("2025-01-01", periods=len(ROWS), freq="1s")
    rows = [{"time": time, **{k: v for k, v in row.items() if v is not None}} for time, row in zip(times, ROWS)]
    return server.filled(FIELDS, rows)


def check_comparisons_use_three_valued_logic(server: Server) -> None:
    collection = _collection(server)
    text, number, unsigned = field("text"), field("number"), field("unsigned")
    ratio, flag = field("ratio"), field("flag")
    for expression, expected in [
        (text == "a", [0]),
        (text != "a", [1, 2]),
        (text < "b", [0]),
        (text >= "b", [1, 2]),
        (number == 0, [1]),
        (number > -5, [1, 2]),
        (number <= 0, [0, 1]),
        (number < 0.5, [0, 1]),
        (unsigned == 9, [2]),
        (unsigned > np.uint64(2**63), [1]),
        (unsigned >= 0, [0, 1, 2]),
        (unsigned > -1, [0, 1, 2]),
        (ratio == 1, [1]),
        (ratio > 0.5, [1, 2]),
        (1 < ratio, [2]),
        (flag == True, [0, 3]),  # noqa: E712
        (flag != True, [1]),  # noqa: E712
        (text.is_null(), [3]),
        (flag.is_not_null(), [0, 1, 3]),
        (~(text == "a"), [1, 2]),
        ((text == "a") | (number == 7), [0, 2]),
        ((text == "a") | flag.is_null(), [0, 2]),
        ((text != "zzz") & (flag == True), [0]),  # noqa: E712
        (~((text == "a") & (number == 0)), [0, 1, 2]),
        (~~(number == 7), [2]),
        ((number == 7) | (flag == True), [0, 2, 3]),  # noqa: E712
    ]:
        data = collection.query(temporal_extent=ALWAYS, filter=expression)
        found = [int(time.second) for time in data.time.to_index()] if data.sizes else []
        assert found == expected, f"{expression}: expects {expected}, got {found}"


def check_filters_on_the_catalogue(server: Server) -> None:
    dataset = server.client().dataset(CATALOGUE)
    whole = dataset.query(temporal_extent=ALWAYS)
    clouds = whole.cloud_cover.values
    clear = dataset.query(temporal_extent=ALWAYS, filter=field("cloud_cover") < 20)
    assert clear.sizes["time"] == (clouds < 20).sum()
    both = dataset.query(temporal_extent=ALWAYS, filter=(field("platform") == "S2B") & (field("cloud_cover") >= 80.5))
    assert both.sizes["time"] == ((whole.platform.values == "S2B") & (clouds >= 80.5)).sum()
    pages = dataset.query(temporal_extent=ALWAYS, filter=field("platform") == "S2A", collections=["S2A_S2MSI1C"])
    assert set(pages.platform.values) == {"S2A"}


def check_invalid_filters_are_refused(server: Server) -> None:
    from _tilebox.grpc.error import ArgumentError

    collection = _collection(server)
    deep = field("number") == 1
    for _ in range(8):
        deep = ~deep
    wide = field("number") == 0
    for value in range(1, 65):
        wide = wide | (field("number") == value)
    for expression, text in [
        (field("nothing") == 1, "nothing"),
        (field("hidden") == 1, "not queryable"),
        (field("Upper") == 1, "lower-case"),
        (field("text") == 1, "text"),
        (field("number") == "1", "number"),
        (field("flag") == 1, "flag"),
        (field("number") == pd.Timestamp("2025-01-01"), "timestamp"),
        (field("number") == pd.Timedelta("1s"), "duration"),
        (field("text") == b"a", "bytes"),
        (field("text") == "x" * 1025, "1024"),
        (deep, "levels"),
        (wide, "operands"),
    ]:
        with raises(ArgumentError, text):
            collection.query(temporal_extent=ALWAYS, filter=expression)
