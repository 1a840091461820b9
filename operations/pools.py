"""The connection pool of this process."""

from typing import NamedTuple

from django.conf import settings

from tenants.current import connection


class Pool(NamedTuple):
    """How many connections of a pool are in use."""

    maximum: int
    size: int
    active: int
    waiting: int

    @property
    def busy(self) -> float:
        """The share in use, 0 to 1."""
        return self.active / self.maximum if self.maximum else 0.0


def own_pool() -> Pool:
    """This process's pool at this moment; all zeros where it has none (a connection for each thread)."""
    if not settings.DATABASE_POOL or connection.alias not in connection._connection_pools:
        return Pool(settings.DATABASE_POOL_MAX, 0, 0, 0)
    # Counted by the pool as it goes: no statement, and no lock that work could hold.
    figures = connection._connection_pools[connection.alias].get_stats()
    size, available = figures["pool_size"], figures["pool_available"]
    return Pool(figures["pool_max"], size, max(size - available, 0), figures.get("requests_waiting", 0))
