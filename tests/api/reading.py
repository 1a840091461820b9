"""What the tests of reading share: addresses, and findings as OPA writes them."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

Body = dict[str, Any]

RULES = "/api/compliance/rules"
TRENDS = "/api/compliance/trends"
VIOLATIONS = "/api/compliance/violations"
PULLS = "/api/compliance/pr"


def finding(rule: str = "R01", *, file: str = "src/a.ts", **fields: Any) -> Body:
    """An object as a policy puts it into ``deny``."""
    return {"rule": rule, "message": f"{rule} is violated in {file}", "file": file, **fields}


def findings(count: int) -> list[Body]:
    """As many, each in a file of its own."""
    return [finding(file=f"src/{index}.ts") for index in range(count)]


def statements(client: APIClient, address: str) -> int:
    """How many statements it takes to answer; entering the tenant's schema, before each, is not counted."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith("SET ") for query in captured)
