"""Git repositories for tests, made in a folder of their own with a clock and names of their own."""

import os
import subprocess
from pathlib import Path

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Mira Okafor",
    "GIT_AUTHOR_EMAIL": "mira@example.com",
    "GIT_COMMITTER_NAME": "Mira Okafor",
    "GIT_COMMITTER_EMAIL": "mira@example.com",
    "GIT_AUTHOR_DATE": "2026-11-02T09:00:00+00:00",
    "GIT_COMMITTER_DATE": "2026-11-02T09:00:00+00:00",
}


class Repository:
    """A repository with one commit on ``main``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Begin", {"README.md": "# Shop\n"})

    def git(self, *argv: str) -> str:
        """Run git here and return what it prints."""
        run = subprocess.run(
            ["git", *argv], cwd=self.folder, check=True, capture_output=True, env={**os.environ, **ENVIRONMENT}
        )
        return run.stdout.decode().strip()

    def branch(self, name: str) -> None:
        """Make a branch here and go to it."""
        self.git("checkout", "--quiet", "-b", name)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, message: str, files: dict[str, str | bytes] | None = None) -> str:
        """Write files and commit all there is; returns the commit's id."""
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")
