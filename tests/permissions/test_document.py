"""What the documentation says of permissions is what the tests hold."""

from tests.permissions.document import COMMAND, PATH, document


def test_the_documentation_is_the_table() -> None:
    written = PATH.read_text(encoding="utf-8")
    assert written == document(), f"docs/permissions.md is not the table as it stands: run {COMMAND}."
