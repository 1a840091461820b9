"""The policies as text: every Rego file of a folder and its data, and a revision that tells two packs apart."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from core.errors import Invalid, NotFound

OWN_FOLDER = Path(__file__).resolve().parents[1] / "policies"
"""The policies that ship with the product."""

REVISION_DIGITS = 12


_DATA: Mapping[str, Callable[[bytes], Any]] = {".json": json.loads, ".yaml": yaml.safe_load, ".yml": yaml.safe_load}


@dataclass(frozen=True, slots=True)
class Pack:
    """A set of policies that are evaluated together."""

    modules: Mapping[str, str]
    """Rego source by file name, relative to the pack's folder."""
    revision: str
    """Digest over names and contents: another text is another revision, wherever the folder lies."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What stands beside them as ``data``."""


@cache
def own_pack() -> Pack:
    """The pack that ships with the product; read once."""
    return read_pack(OWN_FOLDER)


def read_pack(folder: Path) -> Pack:
    """Read the policies and data files beneath ``folder``, as OPA does; nothing hidden, no tests (``*_test.rego``).

    Raises:
        NotFound: there are no policies.
        Invalid: a data file cannot be read.
    """
    contents = {name: (folder / name).read_bytes() for name in _names(folder)}
    modules = {name: content.decode() for name, content in contents.items() if name.endswith(".rego")}
    if not modules:
        raise NotFound("no_policies", f"There are no policies (*.rego) in {folder}.")
    data: dict[str, Any] = {}
    for name in sorted(contents.keys() - modules.keys()):
        _put(data, PurePosixPath(name), contents[name])
    return Pack(modules, revision_of(contents), data)


def revision_of(contents: Mapping[str, bytes]) -> str:
    """The revision of policies and data files by name; the reporter that CI runs computes the same."""
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        # Length-prefixed: no two packs can run into the same bytes.
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:REVISION_DIGITS]


def _names(folder: Path) -> list[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix in {".rego", *_DATA})
    return [
        path.as_posix()
        for path in sorted(files)
        if not any(part.startswith(".") for part in path.parts)
        and not path.name.endswith("_test.rego")
        and (folder / path).is_file()
    ]


def _put(data: dict[str, Any], name: PurePosixPath, content: bytes) -> None:
    """Merge a data file in, under the names of the folders that it stands in."""
    try:
        document = _DATA[name.suffix](content)
    except (ValueError, yaml.YAMLError) as error:
        raise Invalid("no_data", f"{name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise Invalid("no_data", f"{name} holds no object.")
    for part in name.parent.parts:
        data = data.setdefault(part, {})
    data.update(document)
