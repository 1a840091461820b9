"""``python -m tests.permissions``: write docs/permissions.md from the table."""

from tests.permissions.document import PATH, document

if __name__ == "__main__":
    PATH.write_text(document(), encoding="utf-8")
