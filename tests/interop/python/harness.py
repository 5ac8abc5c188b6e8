"""Shared parts of the checks: the server, new datasets, and a timeout."""

import subprocess
import threading
import traceback
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from tilebox.datasets import Client
from tilebox.datasets.aio import Client as AsyncClient
from tilebox.datasets.data.datasets import DatasetKind

CATALOGUE = "open_data.copernicus.sentinel2_msi"
CATALOGUE_SIZE = 3000
ALWAYS = ("1970-01-01", "2100-01-01")
TOKEN = "interop-all"
READ_TOKEN = "interop-reader"
TIMEOUT = 60


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


@contextmanager
def raises(kind: type[BaseException], text: str = ""):
    """Expects an error of this kind whose message contains this text."""
    try:
        yield
    except kind as error:
        assert text in str(error), f"expects {text!r} in {error!r}"
    else:
        raise AssertionError(f"expects {kind.__name__}, got no error")


def run(modules: list[ModuleType], server: Server, only: str | None) -> int:
    """Runs every function check_* of the modules. Returns the exit status."""
    passed, failed = 0, 0
    for module in modules:
        for name, check in vars(module).items():
            if not name.startswith("check_") or (only and only not in name):
                continue
            error = _run_one(check, server)
            if error is None:
                passed += 1
                print(f"ok      {name.removeprefix('check_')}")
            else:
                failed += 1
                print(f"FAILED  {name.removeprefix('check_')}\n{error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def _run_one(check: Callable[[Server], None], server: Server) -> str | None:
    """Runs a check on a thread, which is abandoned after the timeout. Returns the error."""
    result: list[str | None] = []

    def target() -> None:
        try:
            check(server)
            result.append(None)
        except BaseException:  # noqa: BLE001 - the client raises KeyboardInterrupt for a cancelled request
            result.append(traceback.format_exc())

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    return result[0] if result else f"timeout after {TIMEOUT} seconds"
