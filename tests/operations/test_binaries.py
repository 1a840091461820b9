"""Programs for a user who cannot look into our home: copied once, and only to a folder that is ours."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from operations import binaries
from operations.binaries import ProgramMissingError, find_program
from operations.processes import unprivileged

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as somebody else")
PROGRAM = "#!/bin/sh\necho {version}\n"


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody can enter, in the place of the machine's own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        monkeypatch.setattr(binaries, "_CACHES", (folder,))
        yield folder


def install(site: Path, version: str) -> None:
    """Install a wheel ``tiny-engine`` into a folder that is closed to others."""
    program = site / "tiny_engine" / "bin" / "tiny"
    facts = site / f"tiny_engine-{version}.dist-info"
    for folder in (program.parent, facts):
        folder.mkdir(parents=True)
    program.write_text(PROGRAM.format(version=version))
    program.chmod(0o755)
    (facts / "METADATA").write_text(f"Name: tiny-engine\nVersion: {version}\n")
    site.chmod(0o700)


def test_a_program_that_is_in_reach_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", "1.0")
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = find_program("tiny-engine", "bin/tiny", runs_as=None)
    assert found == tmp_path / "site" / "tiny_engine" / "bin" / "tiny"


def test_an_upgrade_is_not_shadowed_by_an_older_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    found = []
    for version in ("1.0", "2.0"):
        install(tmp_path / version, version)
        with monkeypatch.context() as patch:
            patch.syspath_prepend(tmp_path / version)
            found.append(find_program("tiny-engine", "bin/tiny", runs_as=unprivileged()))
    assert [path.read_text() for path in found] == [PROGRAM.format(version="1.0"), PROGRAM.format(version="2.0")]
    assert all(cache in path.parents for path in found)


def test_a_folder_that_somebody_else_made_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    install(tmp_path / "site", "1.0")
    monkeypatch.syspath_prepend(tmp_path / "site")
    planted = cache / f"forge-console-{os.geteuid()}"
    planted.mkdir()
    identity = unprivileged()
    assert identity
    os.chown(planted, *identity)
    with pytest.raises(ProgramMissingError, match="no folder to copy"):
        find_program("tiny-engine", "bin/tiny", runs_as=identity)


def test_a_wheel_that_is_not_installed_is_named() -> None:
    with pytest.raises(ProgramMissingError, match="no-such-wheel is not installed"):
        find_program("no-such-wheel", "bin/tiny", runs_as=None)
