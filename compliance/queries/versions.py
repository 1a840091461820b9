"""What every conditional read begins with, in one statement: the versions, and whether a verdict has run out."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

_VERSIONS = """
    SELECT topic, number FROM compliance_version WHERE topic = ANY(%(topics)s)
    UNION ALL
    SELECT NULL, 0 WHERE EXISTS (
        SELECT FROM compliance_pullrequest WHERE state = 'open' AND verdict_until <= %(at)s)
"""


def versions_and_lapses(topics: Collection[str], *, at: datetime) -> tuple[list[int], bool]:
    """The counters of these topics, in order of the topics' names, and whether some verdict has run out."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS, {"topics": list(topics), "at": at})
        known = dict(cursor.fetchall())
    return [known.get(topic, 0) for topic in sorted(topics)], None in known
