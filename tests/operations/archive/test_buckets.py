"""The archive in a bucket, against a real server that speaks S3."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from compliance.models import Violation
from operations.archive.running import run_retention
from operations.archive.shelf import Wanted, shelf, verify
from tests.operations.archive.test_archive import said, stored
from tests.running import wait_until

pytestmark = pytest.mark.django_db
KEY, SECRET, BUCKET = "archive", "archive-secret", "forge-archive"


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[str]:
    """The address of a server with one bucket."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    data = tmp_path / "s3"
    data.mkdir()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET, "NANIO_DATA_DIR": str(data)}
    argv = [
        str(Path(sys.executable).parent / "nanio"),
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--data-dir",
        str(data),
    ]
    with (tmp_path / "s3.log").open("wb") as log:
        server = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: _listens(port), within=20, what="the S3 server listens")
        client = boto3.client(
            "s3", endpoint_url=address, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        client.create_bucket(Bucket=BUCKET)
        yield address
    finally:
        server.terminate()
        server.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_bucket_holds_lists_verifies_and_gives_back(
    bucket: str, settings: Any, merged: Callable[..., Any], now: datetime
) -> None:
    options: dict[str, Any] = {"bucket_name": BUCKET, "endpoint_url": bucket, "access_key": KEY, "secret_key": SECRET}
    options |= {"region_name": "us-east-1", "location": "deep/er", "file_overwrite": False}
    archive = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"archive": archive}
    merged(1, days=100, files="abc")
    made = stored()
    assert run_retention(at=now).deleted["violations"] == 3
    files = list(shelf(Wanted()))
    assert [verify(one, at=now) for one in files] == [""] * len(files)
    said("restore", "--tenant", "acme")
    assert (Violation.objects.count(), stored()) == (3, made)
