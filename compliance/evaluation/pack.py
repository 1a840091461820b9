"""The policies as text: every Rego file of a folder, and a revision that tells two packs apart."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import NotFound

OWN_FOLDER = Path(__file__).resolve().parents[1] / "policies"
"""The policies that ship with the product."""

REVISION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Pack:
    """A set of policies that are evaluated together."""

    modules: Mapping[str, str]
    """Rego source by file name, relative to the pack's folder."""
    revision: str
    """Digest over names and sources: another text is another revision, wherever the folder lies."""


@cache
def own_pack() -> Pack:
    """The pack that ships with the product; read once."""
    return read_pack(OWN_FOLDER)


def read_pack(folder: Path) -> Pack:
    """Read the policies beneath ``folder``; tests of policies (``*_test.rego``) are no part of it.

    Raises:
        NotFound: there is none.
    """
    files = sorted(path for path in folder.rglob("*.rego") if not path.name.endswith("_test.rego"))
    if not files:
        raise NotFound("no_policies", f"There are no policies (*.rego) in {folder}.")
    modules = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
    return Pack(modules, _revision(modules))


def _revision(modules: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name, source in sorted(modules.items()):
        # Length-prefixed: no two packs can run into the same bytes.
        for text in (name.encode(), source.encode()):
            digest.update(len(text).to_bytes(8, "big") + text)
    return digest.hexdigest()[:REVISION_DIGITS]
