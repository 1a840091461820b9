"""What people type into the search boxes: words, of which one may name a pull request."""

import re

from django.db.models import Q

_WORDS = 10
# Ten digits hold every number there is; turning thousands of them into one number would be refused.
_NAMED = re.compile(r"(?P<repository>[^#]*)#(?P<number>[0-9]{1,10})")
_NUMBER = re.compile(r"[0-9]{1,10}")
_LARGEST = 2**31 - 1


def words_of(search_term: str) -> list[str]:
    """The words, all of which a row must match. Of very many the last ones stay together."""
    return search_term.strip().split(maxsplit=_WORDS - 1)


def named_pull(word: str) -> Q | None:
    """Pull requests named ``#121``, ``shop#121`` or ``acme/shop#121``; None where the word names none."""
    found = _NAMED.fullmatch(word)
    if found is None:
        return None
    return Q(number=min(int(found["number"]), _LARGEST), repository__name__icontains=found["repository"])


def numbered_pull(word: str) -> Q | None:
    """Pull requests of this number; None where the word is no number."""
    return Q(number=min(int(word), _LARGEST)) if _NUMBER.fullmatch(word) else None
