"""Queries of the generated catalogue in all forms that the client supports."""

from uuid import UUID

import numpy as np
import pandas as pd
from harness import ALWAYS, CATALOGUE, CATALOGUE_SIZE, Server
from tilebox.datasets import iter_datapoints
from tilebox.datasets.query import TimeInterval

from checks import raises


def check_groups_and_collections_are_listed(server: Server) -> None:
    client = server.client()
    dataset = client.datasets().open_data.copernicus.sentinel2_msi
    assert dataset.name == "Sentinel-2 MSI Granules", dataset.name
    collections = dataset.collections()
    assert list(collections) == sorted(collections) and len(collections) == 6
    infos = [collection.info() for collection in collections.values()]
    assert sum(info.count for info in infos) == CATALOGUE_SIZE
    assert all(info.availability.start <= info.availability.end for info in infos)
    assert "data points" in repr(dataset.collection("S2A_S2MSI1C").info())


def check_unknown_names_and_ids_are_not_found(server: Server) -> None:
    from _tilebox.grpc.error import NotFoundError

    client = server.client()
    with raises(NotFoundError, "no such dataset"):
        client.dataset("open_data.nothing")
    with raises(NotFoundError, "No such collection"):
        client.dataset(CATALOGUE).collection("nothing")
    with raises(NotFoundError, "No such datapoint"):
        client.dataset(CATALOGUE).find(UUID(int=7))


def check_a_whole_dataset_is_ordered_by_id(server: Server) -> None:
    data = server.client().dataset(CATALOGUE).query(temporal_extent=ALWAYS)
    assert data.sizes["time"] == CATALOGUE_SIZE
    ids = list(data.id.values)
    assert ids == sorted(ids) and len(set(ids)) == CATALOGUE_SIZE
    assert data.time.to_index().is_monotonic_increasing
    assert all(geometry.is_valid for geometry in data.geometry.values[:100])
    assert set(data.processing_level.values) == {"L1C", "L2A"}
    assert len(list(iter_datapoints(data.isel(time=slice(0, 5))))) == 5


def check_queries_select_collections(server: Server) -> None:
    dataset = server.client().dataset(CATALOGUE)
    collections = dataset.collections()
    selected = ["S2A_S2MSI1C", "S2C_S2MSI2A"]
    expected = sum(collections[name].info().count for name in selected)
    for form in (selected, [collections[name] for name in selected], {name: collections[name] for name in selected}):
        assert dataset.query(collections=form, temporal_extent=ALWAYS).sizes["time"] == expected
    parts = [collections[name].query(temporal_extent=ALWAYS).sizes["time"] for name in selected]
    assert sum(parts) == expected


def check_every_form_of_a_temporal_extent(server: Server) -> None:
    collection = server.client().dataset(CATALOGUE).collection("S2A_S2MSI1C")
    data = collection.query(temporal_extent=ALWAYS)
    times = data.time.to_index()
    first, last = times[0], times[-1]
    middle = times[len(times) // 2]

    def count(extent) -> int:
        return collection.query(temporal_extent=extent).sizes.get("time", 0)

    assert count((first, last)) == (times < last).sum()
    assert count((str(first), str(middle))) == (times < middle).sum()
    assert count((first.to_pydatetime(), last.to_pydatetime())) == (times < last).sum()
    assert count(TimeInterval(first.to_pydatetime(), last.to_pydatetime(), end_inclusive=True)) == len(times)
    after_first = TimeInterval(first.to_pydatetime(), last.to_pydatetime(), start_exclusive=True, end_inclusive=True)
    assert count(after_first) == (times > first).sum()
    assert count(str(middle)) == (times == middle).sum()
    assert count(np.datetime64(middle)) == (times == middle).sum()
    assert count(middle + pd.Timedelta(microseconds=900)) == (times == middle).sum(), "a whole millisecond"
    assert count(data.time) == len(times)
    assert count(data) == len(times)
    assert count(data.isel(time=slice(3, 40)).time) == ((times >= times[3]) & (times <= times[39])).sum()
    assert count((last, first)) == 0
    assert count(("1999-01-01", "1999-01-02")) == 0


def check_queries_without_data(server: Server) -> None:
    collection = server.client().dataset(CATALOGUE).collection("S2B_S2MSI1C")
    full = collection.query(temporal_extent=ALWAYS)
    bare = collection.query(temporal_extent=ALWAYS, skip_data=True)
    assert set(bare.variables) == {"time", "id", "ingestion_time"}, set(bare.variables)
    assert (bare.id.values == full.id.values).all()
    assert (bare.time.values == full.time.values).all()
    truncated = full.ingestion_time.values.astype("datetime64[ms]").astype("datetime64[ns]")
    assert (bare.ingestion_time.values == truncated).all()


def check_datapoints_are_found_by_id(server: Server) -> None:
    dataset = server.client().dataset(CATALOGUE)
    collection = dataset.collection("S2A_S2MSI2A")
    data = collection.query(temporal_extent=ALWAYS)
    wanted = data.isel(time=17)
    for found in (
        collection.find(str(wanted.id.item())),
        collection.find(UUID(wanted.id.item())),
        dataset.find(str(wanted.id.item())),
        dataset.find(str(wanted.id.item()), collections=["S2A_S2MSI2A"]),
    ):
        assert found.granule_name.item() == wanted.granule_name.item()
        assert found.geometry.item().equals(wanted.geometry.item())
    assert set(collection.find(str(wanted.id.item()), skip_data=True).variables) == {"time", "id", "ingestion_time"}


def check_intervals_of_ids(server: Server) -> None:
    collection = server.client().dataset(CATALOGUE).collection("S2A_S2MSI1C")
    ids = list(collection.query(temporal_extent=ALWAYS, skip_data=True).id.values)
    inclusive = collection._find_interval((ids[10], ids[20]))
    assert list(inclusive.id.values) == ids[10:21]
    exclusive = collection._find_interval((ids[10], ids[20]), end_inclusive=False, skip_data=True)
    assert list(exclusive.id.values) == ids[10:20]


def check_pages_of_any_size_have_the_same_datapoints(server: Server) -> None:
    collection = server.client().dataset(CATALOGUE).collection("S2B_S2MSI2A")
    whole = list(collection.query(temporal_extent=ALWAYS).id.values)
    for size in (7, 100, len(whole)):
        pages = list(collection._iter_pages(ALWAYS, page_size=size))
        assert [page.n_datapoints for page in pages[:-1]] == [size] * (len(pages) - 1)
        assert len(pages) == -(-len(whole) // size)
        assert sum(page.n_datapoints for page in pages) == len(whole)
        assert str(pages[0].min_id) == whole[0] and str(pages[-1].max_id) == whole[-1]


def check_invalid_queries_are_refused(server: Server) -> None:
    from _tilebox.grpc.error import ArgumentError

    dataset = server.client().dataset(CATALOGUE)
    with raises(ValueError, "not found"):
        dataset.query(collections=["nothing"], temporal_extent=ALWAYS)
    with raises(ArgumentError, "limit"):
        list(dataset.collection("S2A_S2MSI1C")._iter_pages(ALWAYS, page_size=-1))
