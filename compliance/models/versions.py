"""A counter per topic: what an ETag is made of."""

from collections.abc import Collection

from django.db import connection, models


class Version(models.Model):
    """How often a topic has changed."""

    topic = models.TextField(primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.topic} {self.number}"

    @classmethod
    def bump(cls, *topics: str) -> None:
        """Count a change of these topics. The last statement before commit: the row is locked until then."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO compliance_version (topic, number) SELECT unnest(%s::text[]), 1 "
                "ON CONFLICT (topic) DO UPDATE SET number = compliance_version.number + 1",
                [sorted(topics)],
            )

    @classmethod
    def numbers(cls, topics: Collection[str]) -> list[int]:
        """The counters of these topics, in order of the topics' names."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT topic, number FROM compliance_version WHERE topic = ANY(%s)", [list(topics)])
            known = dict(cursor.fetchall())
        return [known.get(topic, 0) for topic in sorted(topics)]
