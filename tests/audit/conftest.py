"""Fixtures of the audit log's tests."""

import os
from collections.abc import Iterator

import psycopg
import pytest


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """A connection of the role that owns every table."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
        yield connection
