"""Servers with injected faults, and the errors of the client."""

import tempfile

from harness import ALWAYS, CATALOGUE, Server
from tilebox.datasets.data.datasets import DatasetKind

from checks import raises


def check_too_many_requests_have_their_own_error(server: Server) -> None:
    from _tilebox.grpc.error import NetworkError, TooManyRequestsError

    with server.another("--datapoints", "10", "--fault", "http:429,retry-after=1,times=always") as limited:
        # The Connect transport of the client reports this status as "unavailable".
        with raises((TooManyRequestsError, NetworkError)):
            limited.client().dataset(CATALOGUE)


def check_network_faults_raise_errors(server: Server) -> None:
    for fault in ("drop,times=always", "html:502,times=always", "rpc:unavailable,times=always"):
        with server.another("--datapoints", "10", "--fault", fault) as broken:
            with raises(Exception):  # noqa: B017 - the type depends on the transport
                broken.client().dataset(CATALOGUE)


def check_refused_requests_are_retried_over_grpc(server: Server) -> None:
    if server.transport != "grpc":
        return  # The client does not retry over HTTP/1.1.
    with server.another("--datapoints", "10", "--fault", "rpc:unavailable,times=2") as busy:
        assert busy.client().dataset(CATALOGUE).query(temporal_extent=ALWAYS).sizes["time"] == 10


def check_data_on_disk_survives_a_kill(server: Server) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with server.another("--data", folder) as first:
            fields = [{"name": "number", "type": int, "queryable": True}]
            dataset = first.client().create_or_update_dataset(DatasetKind.TEMPORAL, "kept", fields)
            ids = dataset.create_collection("c").ingest([{"time": "2025-01-01", "number": n} for n in range(100)])
        with server.another("--data", folder) as second:
            collection = second.client().dataset("kept").collection("c")
            data = collection.query(temporal_extent=ALWAYS)
            assert sorted(data.id.values) == sorted(str(id) for id in ids)
            assert sorted(data.number.values) == list(range(100))
