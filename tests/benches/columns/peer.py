"""Measures how fast the official Python client converts a page; prints the median seconds.

Reads the length of an AnnotatedType (64 bits little-endian), the AnnotatedType and a QueryResultPage from standard input.
The measured steps are those of a response: parse the page, parse each datapoint, convert all to xarray.
"""

import statistics
import sys
import time

from google.protobuf import descriptor_pb2
from tilebox.datasets.message_pool import get_message_type, register_message_types
from tilebox.datasets.protobuf_conversion.protobuf_xarray import MessageToXarrayConverter


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def length_prefixed(data: bytes, number: int) -> list[bytes]:
    """Returns the values of a bytes field in a message whose other fields are numbers or bytes."""
    found, at = [], 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            _, at = varint(data, at)
            continue
        length, at = varint(data, at)
        if tag >> 3 == number:
            found.append(data[at : at + length])
        at += length
    return found


def main() -> None:
    data = sys.stdin.buffer.read()
    length = int.from_bytes(data[:8], "little")
    annotated, page = data[8 : 8 + length], data[8 + length :]
    descriptors = descriptor_pb2.FileDescriptorSet.FromString(length_prefixed(annotated, 1)[0])
    for file in descriptors.file:
        # The encoder of the descriptors does not support editions and drops the number; the files of the API have this one.
        if file.syntax == "editions" and not file.HasField("edition"):
            file.edition = descriptor_pb2.EDITION_2023
    register_message_types(descriptors)
    message_type = get_message_type(length_prefixed(annotated, 2)[0].decode())

    def convert() -> None:
        converter = MessageToXarrayConverter()
        values = length_prefixed(length_prefixed(page, 1)[0], 2)
        converter.convert_all([message_type.FromString(value) for value in values])
        converter.finalize("time", skip_empty_fields=False)

    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        convert()
        seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds))


if __name__ == "__main__":
    main()
