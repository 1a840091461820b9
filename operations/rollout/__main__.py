"""``python -m operations.rollout``: migrate the schemas that standard input names, one a line; answer in JSON lines."""

import json
import os
import sys

import django


def main() -> None:
    """Work until standard input ends."""
    # What else is printed must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    django.setup()
    from operations.rollout.workers import migrate_here

    for line in sys.stdin:
        answers.write(json.dumps(migrate_here(line.strip())) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
