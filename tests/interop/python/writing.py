"""Ingestion, deletion, and changes of datasets and collections."""

from uuid import UUID

import numpy as np
import pandas as pd
from harness import ALWAYS, Server
from tilebox.datasets.data.datasets import DatasetKind

from checks import raises

FIELDS = [{"name": "number", "type": int}, {"name": "text", "type": str}]


def _frame(count: int) -> pd.DataFrame:
    times = pd.date_range("2025-01-01", periods=count, freq="1s")
    return pd.DataFrame({"time": times, "number": np.arange(count), "text": [f"t{n}" for n in range(count)]})


def check_all_table_types_are_ingested(server: Server) -> None:
    dataset = server.dataset(FIELDS)
    frame = _frame(5)
    collection = dataset.create_collection("c")
    ids = collection.ingest(frame)
    data = collection.query(temporal_extent=ALWAYS)
    assert list(data.number.values) == list(range(5))
    for form in (frame.to_dict("list"), frame.to_dict("records"), iter(frame.to_dict("records")), data):
        assert collection.ingest(form) == ids, "equal datapoints have equal ids"
    assert collection.info().count == 5
    elsewhere = dataset.create_collection("d").ingest(frame)
    assert not set(elsewhere) & set(ids), "ids differ by collection"


def check_ingestion_in_several_chunks(server: Server) -> None:
    collection = server.dataset(FIELDS).create_collection("c")
    seen: list[float] = []
    ids = collection.ingest(_frame(10_000), show_progress=seen.append)
    assert len(set(ids)) == 10_000 and ids == sorted(ids)
    assert seen[-1] == 1.0
    data = collection.query(temporal_extent=ALWAYS)
    assert list(data.id.values) == [str(id) for id in ids]
    assert collection.delete(ids) == 10_000
    assert collection.info().count == 0


def check_existing_datapoints_can_be_refused(server: Server) -> None:
    from _tilebox.grpc.error import ArgumentError

    collection = server.dataset(FIELDS).create_collection("c")
    collection.ingest(_frame(3))
    with raises(ArgumentError, 'refusing to ingest with "allow_existing=false"'):
        collection.ingest(_frame(5), allow_existing=False)
    assert collection.info().count == 3, "nothing of a refused request stays"
    assert len(collection.ingest(_frame(5))) == 5
    assert collection.info().count == 5


def check_deleting_is_all_or_nothing(server: Server) -> None:
    from _tilebox.grpc.error import NotFoundError

    collection = server.dataset(FIELDS).create_collection("c")
    ids = collection.ingest(_frame(6))
    with raises(NotFoundError):
        collection.delete([ids[0], UUID(int=5)])
    assert collection.info().count == 6
    data = collection.query(temporal_extent=ALWAYS)
    assert collection.delete(data.isel(time=[0, 1])) == 2
    assert collection.delete([str(ids[2])]) == 1
    left = collection.query(temporal_extent=ALWAYS)
    assert list(left.id.values) == [str(id) for id in ids[3:]]
    assert collection.delete(left.to_dataframe()) == 3
    assert collection.query(temporal_extent=ALWAYS).sizes.get("time", 0) == 0


def check_availability_follows_the_datapoints(server: Server) -> None:
    dataset = server.dataset(FIELDS)
    collection = dataset.create_collection("c")
    assert "<empty>" in str(collection.info())
    collection.ingest(_frame(3))
    info = collection.info()
    assert info.count == 3
    assert str(info.availability.start) == "2025-01-01 00:00:00+00:00"
    assert str(info.availability.end) == "2025-01-01 00:00:02+00:00" and info.availability.end_inclusive


def check_collections_are_created_and_deleted(server: Server) -> None:
    from _tilebox.grpc.error import NotFoundError

    dataset = server.dataset(FIELDS)
    made = dataset.get_or_create_collection("Ünusual name/1")
    again = dataset.get_or_create_collection("Ünusual name/1")
    assert made.info().collection.id == again.info().collection.id
    dataset.create_collection("b").ingest(_frame(2))
    assert list(dataset.collections()) == ["b", "Ünusual name/1"]
    with raises(Exception, "exists"):
        dataset.create_collection("b")
    dataset.delete_collection("b")
    dataset.delete_collection(made)
    assert list(dataset.collections()) == []
    with raises(NotFoundError):
        dataset.collection("b")


def check_an_empty_dataset_can_change(server: Server) -> None:
    client, name = server.client(), server.name()
    made = client.create_or_update_dataset(DatasetKind.TEMPORAL, name, FIELDS, name="First")
    changed = client.create_or_update_dataset(DatasetKind.TEMPORAL, name, FIELDS[:1], name="Second")
    assert changed._dataset.id == made._dataset.id and changed.name == "Second"
    assert [f.name for f in changed._dataset.type.descriptor_set.file[0].message_type[0].field][3:] == ["number"]
    assert client.dataset(f"local.{name}").name == "Second"
    assert getattr(client.datasets().local, name).name == "Second"


def check_a_dataset_with_datapoints_only_gains_fields(server: Server) -> None:
    from _tilebox.grpc.error import ArgumentError

    client, name = server.client(), server.name()
    client.create_or_update_dataset(DatasetKind.TEMPORAL, name, FIELDS).create_collection("c").ingest(_frame(2))
    with raises(ArgumentError, "cannot be removed"):
        client.create_or_update_dataset(DatasetKind.TEMPORAL, name, FIELDS[:1])
    with raises(ArgumentError, "another type"):
        client.create_or_update_dataset(DatasetKind.TEMPORAL, name, [{"name": "number", "type": float}, FIELDS[1]])
    with raises(ArgumentError, "queryable"):
        more = [*FIELDS, {"name": "more", "type": int, "queryable": True}]
        client.create_or_update_dataset(DatasetKind.TEMPORAL, name, more)
    grown = client.create_or_update_dataset(DatasetKind.TEMPORAL, name, [*FIELDS, {"name": "more", "type": float}])
    assert len(grown._dataset.type.field_annotations) == 6
    assert grown.collection("c").query(temporal_extent=ALWAYS).sizes["time"] == 2


def check_invalid_datasets_are_refused(server: Server) -> None:
    from _tilebox.grpc.error import ArgumentError

    for name, fields, text in [
        (server.name(), [{"name": "Upper", "type": str}], "lower-case"),
        (server.name(), [{"name": n, "type": str, "queryable": True} for n in "abc"], "at most 2"),
        (server.name(), [{"name": "a", "type": bytes, "queryable": True}], "queryable"),
        (server.name(), [{"name": "a", "type": str}, {"name": "a", "type": str}], "duplicate"),
        ("Bad", [], "lower-case"),
    ]:
        with raises(ArgumentError, text):
            server.client().create_or_update_dataset(DatasetKind.TEMPORAL, name, fields)
