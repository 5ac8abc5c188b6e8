"""What outputs_write has written: the files and the values they must contain."""

import json
import sys
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import shapely

FOLDER = Path(sys.argv[1])
RECORDED = Path(sys.argv[2])
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
    lines = (FOLDER / "scenes.expected").read_text().splitlines()
    return [json.loads(line) for line in lines]


def number(text: str | None) -> float:
    """Returns a number; null means NaN."""
    return np.nan if text is None else float(text)


def nanoseconds(text: str) -> int:
    return pd.Timestamp(text).value
