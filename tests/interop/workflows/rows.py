"""A task for each type of the table of inputs: one with the value as its only field, and one with a text before it. Rust has the
same types and values in ../rust/rows.rs."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo
from dataclasses import dataclass

from affine import Affine
from google.protobuf.timestamp_pb2 import Timestamp
from pyproj import CRS
from shapely import Point
from tilebox.datasets.query.id_interval import IDInterval
from tilebox.datasets.query.time_interval import TimeInterval
from tilebox.workflows import ExecutionContext, Task

from tasks import trace


@dataclass
class Inner:
    a: int
    b: str


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


MOMENT = datetime(2024, 1, 2, 3, 4, 5, 600000, tzinfo=UTC)

# The name of each row, its type and a value.
ROWS: list[tuple[str, Any, Any]] = [
    ("Integer", int, -5),
    ("BigInteger", int, 1 << 64),
    ("Float", float, 0.1),
    ("LargeFloat", float, 1e300),
    ("Flag", bool, True),
    ("Text", str, 'ü 漢 <&> \u2028 \u0001 \n " \\ /'),
    ("Character", str, "ü"),
    ("Folder", PurePosixPath, PurePosixPath("a/b c")),
    ("Exact", Decimal, Decimal("12.340")),
    ("Zone", ZoneInfo, ZoneInfo("Europe/Vienna")),
    ("Absent", int | None, None),
    ("Present", int | None, 3),
    ("List", list[int], [1, 2]),
    ("Unique", set[int], {3, 4}),
    ("Pair", tuple[int, str], (1, "a")),
    ("Numbers", list[float], [1.5, -2.0]),
    ("Map", dict[str, int], {"b": 1, "a": 2}),
    ("NumberedMap", dict[int, str], {3: "x"}),
    ("Nested", Inner, Inner(1, "z")),
    ("NestedList", list[Inner], [Inner(1, "z"), Inner(2, "")]),
    ("Named", Color, Color.RED),
    ("Numbered", Level, Level.HIGH),
    ("Raw", bytes, bytes([0, 255, 16])),
    ("NoBytes", bytearray, bytearray()),
    ("AbsentBytes", bytes | None, None),
    ("Message", Timestamp, Timestamp(seconds=5, nanos=7)),
    ("DefaultMessage", Timestamp, Timestamp()),
    ("PresentMessage", Timestamp | None, Timestamp(seconds=5, nanos=7)),
    ("AbsentMessage", Timestamp | None, None),
    ("Messages", list[Timestamp], [Timestamp(seconds=5, nanos=7), Timestamp()]),
    ("Moment", datetime, MOMENT),
    ("ChronoMoment", datetime, MOMENT.replace(microsecond=600007)),
    ("OffsetMoment", datetime, datetime(2024, 1, 2, 3, 4, 5, 7, tzinfo=timezone(timedelta(hours=2)))),
    ("NaiveMoment", datetime, datetime(2024, 1, 2, 3, 4, 5, 600000)),
    ("Day", date, date(2024, 1, 2)),
    ("TimeOfDay", time, time(1, 2, 3, 500000)),
    ("Wait", timedelta, timedelta(days=1, hours=2, seconds=1.5)),
    ("NegativeWait", timedelta, timedelta(seconds=-1.5)),
    ("Id", UUID, UUID("01941f29-c650-202f-6495-c71dd2118fb1")),
    ("Times", TimeInterval, TimeInterval(MOMENT, datetime(2024, 2, 1, tzinfo=UTC))),
    ("Ids", IDInterval, IDInterval(UUID(int=1), UUID(int=2), start_exclusive=False, end_inclusive=True)),
    ("Outline", Point, Point(1, 2)),
    ("System", CRS, CRS.from_epsg(4326)),
    ("Transform", Affine, Affine(10, 0, 300000, 0, -10, 5000000)),
]


def _class(name: str, fields: dict[str, Any], expected: dict[str, Any]) -> type[Task]:
    """Returns a class of tasks with these fields, which compares them with the expected values."""

    def execute(self: Task, context: ExecutionContext) -> None:
        for field, value in expected.items():
            found = getattr(self, field)
            same = type(found) is type(value) and found == value
            if isinstance(value, datetime) and same:
                same = found.utcoffset() == value.utcoffset()
            if not same:
                raise ValueError(f"{name}.{field}: expects {value!r}, got {found!r}")
        trace(context, "row", name)

    return type(name, (Task,), {"__annotations__": fields, "__module__": __name__, "execute": execute})


SUBMISSIONS: list[Task] = []
ALL: list[type[Task]] = []
for _name, _type, _value in ROWS:
    _one = _class(f"One{_name}", {"value": _type}, {"value": _value})
    _two = _class(f"Two{_name}", {"label": str, "value": _type}, {"label": _name, "value": _value})
    SUBMISSIONS += [_one(_value), _two(_name, _value)]
    ALL += [_one, _two]
