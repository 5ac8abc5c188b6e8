"""Loads collections with the official Python client. Prints wall and CPU seconds, peak MB and the number of datapoints.

    python.py URL COLLECTIONS
"""

import resource
import sys
import time

from tilebox.datasets import Client

url, collections = sys.argv[1], int(sys.argv[2])
client = Client(url=url, token="bench", transport="http1")
dataset = client.dataset("open_data.copernicus.sentinel2_msi")
handles = [dataset.collection(f"PART_{number + 1}") for number in range(collections)]


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


start, cpu_before = time.perf_counter(), cpu()
datapoints = sum(
    handle.query(temporal_extent=("2020-01-01", "2060-01-01")).sizes.get("time", 0) for handle in handles
)
wall, used = time.perf_counter() - start, cpu() - cpu_before
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
# The numbers of bytes and requests are unknown.
print(wall, used, peak, 0, 0, datapoints)
