"""The async client."""

import asyncio

import pandas as pd
from harness import ALWAYS, CATALOGUE, CATALOGUE_SIZE, Server
from tilebox.datasets import field
from tilebox.datasets.data.datasets import DatasetKind

from checks import raises


def check_async_queries_run_concurrently(server: Server) -> None:
    async def run() -> None:
        dataset = await server.async_client().dataset(CATALOGUE)
        collections = await dataset.collections()
        loaded = await asyncio.gather(*(c.query(temporal_extent=ALWAYS) for c in collections.values()))
        assert sum(data.sizes["time"] for data in loaded) == CATALOGUE_SIZE
        whole = await dataset.query(temporal_extent=ALWAYS, filter=field("platform") == "S2A")
        assert set(whole.platform.values) == {"S2A"}
        nothing = await dataset.query(temporal_extent=("1999-01-01", "1999-01-02"))
        assert not nothing.sizes, "an empty page has a type"

    asyncio.run(run())


def check_async_writing(server: Server) -> None:
    async def run() -> None:
        client = server.async_client()
        dataset = await client.create_or_update_dataset(
            DatasetKind.TEMPORAL, server.name(), [{"name": "number", "type": int}]
        )
        collection = await dataset.create_collection("c")
        times = pd.date_range("2025-01-01", periods=4, freq="1s")
        ids = await collection.ingest({"time": list(times), "number": [1, 2, 3, 4]})
        data = await collection.query(temporal_extent=ALWAYS)
        assert list(data.number.values) == [1, 2, 3, 4]
        assert (await collection.find(ids[2])).number.item() == 3
        assert await collection.delete(ids[:3]) == 3
        assert (await collection.info()).count == 1

    asyncio.run(run())


def check_async_refusals(server: Server) -> None:
    from _tilebox.grpc.error import ArgumentError, NotFoundError

    async def run() -> None:
        client = server.async_client()
        with raises(NotFoundError, "no such dataset"):
            await client.dataset("nothing")
        dataset = await client.dataset(CATALOGUE)
        try:
            await dataset.query(temporal_extent=ALWAYS, filter=field("nothing") == 1)
        except* ArgumentError:
            pass
        else:
            raise AssertionError("expects ArgumentError, got no error")

    asyncio.run(run())
