"""Chance as real data has it: few files, rules and people make up most of it. The same seed makes the same."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import NamedTuple


class Sizes(NamedTuple):
    """How much of everything."""

    violations: int = 1_000_000
    pulls: int = 10_000
    repositories: int = 50
    authors: int = 150
    files: int = 20_000
    days: int = 365


class Zipf:
    """Numbers from 0: each is drawn about as often as one divided by its rank."""

    def __init__(self, random: Random, count: int, *, steepness: float = 1.0) -> None:
        self._random, self._count, self._steepness = random, count, steepness

    @cached_property
    def _weights(self) -> list[float]:
        return list(accumulate(1 / (rank + 1) ** self._steepness for rank in range(self._count)))

    def draw(self, times: int) -> list[int]:
        """As many numbers."""
        return self._random.choices(range(self._count), cum_weights=self._weights, k=times)


class Keys:
    """Time-ordered keys (UUID version 7) that the seed determines; no two are alike, and later ones are greater."""

    def __init__(self, random: Random) -> None:
        self._next = random.getrandbits(40)

    def at(self, moment: datetime) -> str:
        """A key of this moment, as 32 hexadecimal digits."""
        self._next += 1
        stamp = int(moment.timestamp() * 1000)
        return f"{stamp << 80 | 0x7 << 76 | 0b10 << 62 | self._next:032x}"


def shared_out(total: int, weights: Sequence[float]) -> list[int]:
    """``total`` in whole parts, about as large as the weights say."""
    parts, given, passed, whole = [], 0, 0.0, sum(weights)
    for weight in weights:
        passed += weight
        part = round(total * passed / whole) - given
        parts.append(part)
        given += part
    return parts
