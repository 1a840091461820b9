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
        table = connection.ops.quote_name(cls._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (topic, number) SELECT unnest(%s::text[]), 1 "
                f"ON CONFLICT (topic) DO UPDATE SET number = {table}.number + 1",
                [sorted(topics)],
            )

    @classmethod
    def numbers(cls, topics: Collection[str]) -> list[int]:
        """The counters of these topics, in order of the topics' names."""
        known = dict(cls.objects.filter(topic__in=topics).values_list("topic", "number"))
        return [known.get(topic, 0) for topic in sorted(topics)]
