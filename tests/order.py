"""pytest plugin: how many workers there are, and which files of tests they begin with.

The suite waits about half of its time (for servers, processes, leases), so there are two workers a core. A file is
run by one worker, and what is begun last ends last: long files come first, then those with the most tests.
"""

import gc
import os
from collections import Counter

import pytest

WORKERS_A_CORE = 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What ``--numprocesses auto`` means."""
    return WORKERS_A_CORE * (os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first (``pytestmark = pytest.mark.long``), files of many tests next."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, -sizes[item.path]))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector need not look through it after every other test."""
    gc.freeze()
