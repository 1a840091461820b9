"""How much one report may carry. What passes a size is 413, what passes a count 422; every error names the limit."""

KIB = 1024
MIB = 1024 * KIB

MAX_BODY_BYTES = 10 * MIB
"""What a request may send, compressed or not."""

MAX_UNPACKED_BYTES = 64 * MIB
"""What a compressed body may unpack to."""

MAX_FINDINGS = 25_000
MAX_CHANGED_FILES = 10_000

MAX_MESSAGE_BYTES = 64 * KIB
"""What one message may have."""

KEPT_MESSAGE_BYTES = 8 * KIB
"""What is kept of one message, its mark of being cut included."""

MAX_CONTEXT_BYTES = 64 * KIB
"""The further fields of one finding, as JSON."""

MAX_PATH_BYTES = 2048
"""An index holds the path, and no more than 2,700 bytes in a row."""
MAX_RULE_CHARS = 200
MAX_PACKAGE_CHARS = 200

MAX_PACKAGES = 1_000
MAX_LISTED_RULES = 10_000

MAX_LINE = 2**31 - 1
"""The largest line number that the database holds; a larger one is no line number."""
