"""Shared parts of the checks: the server and new datasets."""

import subprocess
from collections.abc import Iterable
from contextlib import contextmanager
from typing import Any

from tilebox.datasets import Client
from tilebox.datasets.aio import Client as AsyncClient
from tilebox.datasets.data.datasets import DatasetKind

CATALOGUE = "open_data.copernicus.sentinel2_msi"
CATALOGUE_SIZE = 3000
ALWAYS = ("1970-01-01", "2100-01-01")
TOKEN = "interop-all"
READ_TOKEN = "interop-reader"


class Server:
    """A server and its clients."""

    def __init__(self, url: str, transport: str, program: str) -> None:
        self.url = url
        self.transport = transport
        self._program = program
        self._names = 0

    def client(self, token: str = TOKEN) -> Client:
        return Client(url=self.url, token=token, transport=self.transport)

    def async_client(self) -> AsyncClient:
        return AsyncClient(url=self.url, token=TOKEN, transport=self.transport)

    def name(self) -> str:
        """Returns an unused name for a dataset."""
        self._names += 1
        return f"interop_{self._names}"

    def dataset(self, fields: list[dict[str, Any]], kind: DatasetKind = DatasetKind.TEMPORAL) -> Any:
        """Creates a dataset."""
        return self.client().create_or_update_dataset(kind, self.name(), fields)

    def filled(self, fields: list[dict[str, Any]], records: Iterable[dict[str, Any]]) -> Any:
        """Creates a new dataset with a collection of these datapoints."""
        collection = self.dataset(fields).create_collection("c")
        collection.ingest(list(records))
        return collection

    @contextmanager
    def another(self, *options: str):
        """Starts another server with these options."""
        process = subprocess.Popen([self._program, *options], stdout=subprocess.PIPE, text=True)
        try:
            url = process.stdout.readline().removeprefix("listening on ").strip()
            yield Server(url, self.transport, self._program)
        finally:
            process.kill()
            process.wait()
