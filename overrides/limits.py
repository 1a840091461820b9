"""How long, how much, how often."""

from datetime import timedelta

MIN_REASON_CHARS = 20
MAX_REASON_CHARS = 4_000
MAX_URL_CHARS = 2_000
MAX_VIOLATIONS = 10_000
"""One request may name so many."""

REQUESTS = 10
"""So many may a person ask in ``WINDOW``."""
WINDOW = timedelta(hours=1)

MIB = 1024 * 1024
MAX_EVIDENCE_BYTES = 5 * MIB
EVIDENCE_TYPES = ("pdf", "png", "jpg", "jpeg", "txt", "md", "csv", "json", "log")
"""By the end of the name; what is in the file must agree."""

WARN_DAYS = (7, 1)
"""People are warned so many days before an override ends."""
