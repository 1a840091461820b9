"""Conftest: the list that ``conftest test --output json`` prints."""

from collections.abc import Mapping
from typing import Any

from compliance import limits
from compliance.formats.entries import read_entry, take_text
from compliance.formats.shapes import (
    Collector,
    a_list,
    a_name,
    an_object,
    maybe_list,
    maybe_object,
    maybe_text,
    nothing_evaluated,
)
from compliance.readings import RawFinding, Reading

_KINDS = {
    "failures": "deny",
    "warnings": "warn",
    # What a policy excuses by an exception of its own: it must not block, and Conftest reports it as a note.
    "exceptions": "warn",
}
_NO_FILE = ("", "-", "Combined")


def read(results: object) -> Reading:
    """Read the results by input file and namespace; the namespace is the package."""
    collected, packages = Collector(), set()
    for index, result in enumerate(a_list(results, "results")):
        packages.add(_read_result(collected, an_object(result, f"results[{index}]"), f"results[{index}]"))
    if not packages:
        raise nothing_evaluated("Conftest tested nothing: expected at least one result.")
    return collected.reading(packages=packages)


def _read_result(collected: Collector, result: Mapping[str, Any], place: str) -> str:
    package = _package(a_name(result.get("namespace", "main"), f"{place}.namespace", limits.MAX_PACKAGE_CHARS))
    filename = maybe_text(result.get("filename"), f"{place}.filename")
    for field, kind in _KINDS.items():
        for index, entry in enumerate(maybe_list(result.get(field), f"{place}.{field}")):
            spot = f"{place}.{field}[{index}]"
            finding = _read_entry(an_object(entry, spot), package=package, kind=kind, place=spot)
            if not finding.file and filename not in _NO_FILE:
                finding = finding._replace(file=filename)
            collected.add(finding, spot)
    return package


def _package(namespace: str) -> str:
    """The package as ``data.compliance`` would name it."""
    return namespace.removeprefix("data.").removeprefix("compliance.")


def _read_entry(entry: Mapping[str, Any], *, package: str, kind: str, place: str) -> RawFinding:
    """The entry with its metadata and its location (``loc``) as one object."""
    location = maybe_object(entry.get("loc"), f"{place}.loc")
    fields = {**location, **maybe_object(entry.get("metadata"), f"{place}.metadata")}
    message = take_text(dict(entry), ("msg", "message"))
    if message:
        fields["message"] = message
    return read_entry(fields, package=package, kind=kind, place=place)
