"""Permissions of tokens, and unix sockets."""

import os
import tempfile
from pathlib import Path

from harness import ALWAYS, CATALOGUE, CATALOGUE_SIZE, Server
from tilebox.datasets.data.datasets import DatasetKind

from checks import raises


def check_a_read_token_cannot_write(server: Server) -> None:
    from _tilebox.grpc.error import AuthenticationError

    dataset = server.dataset([])
    dataset.create_collection("c").ingest([{"time": "2025-01-01"}])
    reader = server.client("interop-reader").dataset(f"local.{dataset._dataset.code_name}")
    assert reader.collection("c").query(temporal_extent=ALWAYS).sizes["time"] == 1
    for refused in (
        lambda: reader.collection("c").ingest([{"time": "2025-01-02"}]),
        lambda: reader.create_collection("d"),
        lambda: reader.delete_collection("c"),
        lambda: server.client("interop-reader").create_or_update_dataset(DatasetKind.TEMPORAL, server.name(), []),
    ):
        with raises(AuthenticationError, "Unauthorized"):
            refused()


def check_open_data_is_read_only(server: Server) -> None:
    from _tilebox.grpc.error import AuthenticationError

    dataset = server.client().dataset(CATALOGUE)
    with raises(AuthenticationError, "Unauthorized"):
        dataset.create_collection("mine")
    assert dataset.query(temporal_extent=ALWAYS, skip_data=True).sizes["time"] == CATALOGUE_SIZE


def check_an_unknown_token_is_refused(server: Server) -> None:
    from _tilebox.grpc.error import AuthenticationError

    for token in ("wrong", ""):
        with raises(AuthenticationError, "Unauthenticated"):
            server.client(token).dataset(CATALOGUE)


def check_a_unix_socket_serves_queries(server: Server) -> None:
    if server.transport != "grpc":
        return  # The client supports sockets over gRPC only.
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "tilebox.sock"
        with server.another("--unix", str(socket), "--datapoints", "100"):
            # gRPC sends the path as the host name, and the server refuses a host name with a slash.
            os.chdir(folder)
            try:
                on_socket = Server("unix:tilebox.sock", server.transport, "")
                assert on_socket.client().dataset(CATALOGUE).query(temporal_extent=ALWAYS).sizes["time"] == 100
            finally:
                os.chdir(before)
