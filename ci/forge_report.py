#!/usr/bin/env python3
"""Check a change against the policies, report it to Forge Console, and wait for the verdict.

Exit codes: 0 may merge, 1 may not, 2 could not tell. Everything can be said by flag or by variable: ``--pr-number`` is
``FORGE_PR_NUMBER``. GitHub Actions and GitLab CI say most of it themselves. docs/ci.md explains it.

One file that needs Python 3.8+ and nothing else, whatever its length: so a CI job can fetch it and run it.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import http.client
import itertools
import json
import math
import os
import random
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, NamedTuple, NoReturn

MAY, MAY_NOT, CANNOT_TELL = 0, 1, 2
MIB = 1024 * 1024
MAX_SENT, MAX_UNPACKED, MAX_ANSWER = 10 * MIB, 64 * MIB, 16 * MIB
MAX_FILES = 10_000
MAX_TEXTS = {"title": 1000, "author": 200, "branch": 300, "base_branch": 300, "opa_version": 100}
MAX_DESCRIPTION = 64 * 1024
SENT = ("branch", "base-branch", "title", "author", "run-url", "run-started-at", "reward-score", "source", "scope")
MAX_ANNOTATIONS, MAX_SHOWN = 50, 100
OPA_SECONDS = 600
WORD_SECONDS = 240  # GitHub's tokens live for five minutes or more
API = "/api/compliance"
FORMATS = ("opa", "conftest", "sarif", "checks")
# What a policy is about: a NUL in it makes git call it binary, which must not hide it.
SOURCES = re.compile(
    r"\.([cm]?[jt]sx?|sql|prisma|graphql|json|ya?ml|html?|css|scss|sh|py|vue|svelte|toml|tf|mdc?)$", re.I
)

OPTIONS = {
    "url": "address of your tenant's console: https://acme.forge.example.com",
    "token": "CI token; better given as FORGE_TOKEN, because others on the machine see flags",
    "token-file": "file that holds the CI token",
    "id-token": "the CI service's own token instead (FORGE_ID_TOKEN; GitHub Actions is asked for one)",
    "audience": "whom that token is for, as the console's admin says (default: the url)",
    "repository": "owner/name",
    "pr-number": "number of the pull or merge request; without it the report is about the default branch",
    "base": "revision that the change is compared with",
    "head": "revision of the change",
    "branch": "the change's branch",
    "base-branch": "the branch that it goes to",
    "title": "title of the pull request",
    "body": "its description, with its @override: markers",
    "author": "its author",
    "pr-url": "its page",
    "run-id": "unique for every attempt of every run",
    "run-url": "page of the run",
    "run-started-at": "ISO 8601",
    "repo": "folder of the git clone (default: .)",
    "policies": "folder of the policies (*.rego) and their data (*.json, *.yaml), evaluated with opa",
    "policy-revision": "what the policies are called (default: a digest of the folder's files)",
    "opa": "the opa program (default: opa)",
    "coverage": "JSON file that the policies see as input.coverage",
    "performance": "JSON file that the policies see as input.performance",
    "results": "file with results that another tool wrote, instead of --policies",
    "format": "what --results is written in: " + ", ".join(FORMATS),
    "source": "tells several reports on one commit apart (default: the format)",
    "scope": "full or diff (default: full for pull requests, diff for the default branch)",
    "reward-score": "a number shown beside the score",
    "wait": "seconds to wait for the verdict (default: 300)",
    "retry": "seconds to go on trying while the console cannot be reached (default: 120)",
    "timeout": "seconds that one answer may take (default: 30)",
    "on-error": "fail (default) or pass, where the console cannot be reached",
}
SWITCHES = {
    "ask": "report nothing, ask for the verdict on --pr-number; so in a GitHub merge queue",
    "health": "report nothing, fail unless the console is healthy",
    "print-policy-revision": "print the revision of --policies and end",
}


class Stop(Exception):
    """It cannot be told whether the change may merge; the message says what to do about it."""


class Unreachable(Stop):
    """The console does not answer, or only with 5xx: the one case that ``--on-error=pass`` is for."""


# --- What is written ---------------------------------------------------------------------------------------------

SECRETS: list[str] = []


def plain(text: object) -> str:
    """Text that is safe in a CI log: no token, no control characters, nothing that a runner takes for a command."""
    shown = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", " ", hidden(text))
    # GitHub's runner reads "::command::" after any white space, and the older "##[command]" anywhere in a line.
    return re.sub(r"(?m)^([^\S\n]*):(?=:)", r"\1: ", shown.replace("##[", "# #["))


def say(text: object = "") -> None:
    """Write lines to the log."""
    sys.stdout.write(plain(text) + "\n")
    sys.stdout.flush()


def one_line(text: object) -> str:
    """The same without line breaks."""
    return " ".join(plain(text).split())


def annotate(level: str, message: str, *, title: str = "", file: str = "", line: object = None) -> None:
    """Write an annotation, where GitHub reads them."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    given = {"file": file, "line": line if file else None, "title": title}
    properties = ",".join(f"{name}={_escaped(value, property=True)}" for name, value in given.items() if value)
    sys.stdout.write(f"::{level} {properties}::{_escaped(message)}\n")


def hidden(text: object) -> str:
    """Text without the token."""
    shown = str(text)
    for secret in SECRETS:
        shown = shown.replace(secret, "***")
    return shown


def _escaped(value: object, property: bool = False) -> str:
    text = hidden(value)  # before its characters are others
    for character in "%\r\n" + (":," if property else ""):
        text = text.replace(character, f"%{ord(character):02X}")
    return plain(text)


def markdown(text: object) -> str:
    """Text that stays text in Markdown: no tags, links, mentions or table cells come of it."""
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", one_line(text))
    return escaped.replace("\\<", "&lt;").replace("\\&", "&amp;")


def append(variable: str, text: str) -> None:
    """Append to the file that a runner names in a variable."""
    if os.environ.get("GITHUB_ACTIONS") == "true" and os.environ.get(variable):
        with open(os.environ[variable], "a", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            file.write(text)


# --- What CI says ------------------------------------------------------------------------------------------------

Options = Dict[str, Any]


def known_to_ci(env: Mapping[str, str]) -> Options:
    """What the runner says about this run."""
    if env.get("GITHUB_ACTIONS") == "true":
        return known_to_github(env)
    return known_to_gitlab(env) if env.get("GITLAB_CI") else {}


def known_to_github(env: Mapping[str, str]) -> Options:
    """From GitHub's variables and the file of its event."""
    path = env.get("GITHUB_EVENT_PATH", "")
    event = json.loads(Path(path).read_text(encoding="utf-8")) if path and Path(path).is_file() else {}
    repository, run, attempt = (env.get(f"GITHUB_{name}") for name in ("REPOSITORY", "RUN_ID", "RUN_ATTEMPT"))
    page = f"{env.get('GITHUB_SERVER_URL')}/{repository}/actions/runs/{run}/attempts/{attempt or 1}"
    known: Options = {
        "repository": repository,
        "author": env.get("GITHUB_ACTOR"),
        "run-id": run and f"{run}-{attempt or 1}",
        "run-url": run and page,
    }
    if isinstance(event.get("pull_request"), dict):
        return {**known, **_pull_request(event["pull_request"])}
    if isinstance(event.get("merge_group"), dict):
        # The queue's branch ends with the pull request that this group adds: gh-readonly-queue/main/pr-42-<sha>.
        named = re.search(r"/pr-([0-9]+)-[0-9a-f]+$", str(event["merge_group"].get("head_ref")))
        if not named:
            raise Stop("The merge queue's branch names no pull request: say --pr-number.")
        return {**known, "pr-number": named[1], "ask": True}
    commit = event.get("head_commit") or {}
    title, _, body = str(commit.get("message") or "").partition("\n")
    author = (commit.get("author") or {}).get("username") or known["author"]
    pushed = {"base": event.get("before"), "head": env.get("GITHUB_SHA"), "branch": env.get("GITHUB_REF_NAME")}
    return {**known, **pushed, "title": title, "body": body.strip(), "author": author}


def _pull_request(pull: Mapping[str, Any]) -> Options:
    return {
        "pr-number": pull["number"],
        "base": pull["base"]["sha"],
        "head": pull["head"]["sha"],  # not GITHUB_SHA, which is a merge that GitHub made for the run
        "branch": pull["head"]["ref"],
        "base-branch": pull["base"]["ref"],
        "title": pull["title"],
        "body": pull.get("body"),
        "author": (pull.get("user") or {}).get("login"),
        "pr-url": pull.get("html_url"),
    }


def known_to_gitlab(env: Mapping[str, str]) -> Options:
    """From GitLab's variables."""
    known: Options = {
        "repository": env.get("CI_MERGE_REQUEST_PROJECT_PATH") or env.get("CI_PROJECT_PATH"),
        "author": env.get("GITLAB_USER_LOGIN"),
        "run-id": f"{env.get('CI_PIPELINE_ID')}-{env.get('CI_JOB_ID')}",
        "run-url": env.get("CI_JOB_URL"),
        "run-started-at": env.get("CI_JOB_STARTED_AT"),
        "head": env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or env.get("CI_COMMIT_SHA"),
    }
    number = env.get("CI_MERGE_REQUEST_IID")
    if not number:
        title, body = env.get("CI_COMMIT_TITLE"), env.get("CI_COMMIT_DESCRIPTION")
        pushed = {"base": env.get("CI_COMMIT_BEFORE_SHA"), "branch": env.get("CI_COMMIT_BRANCH")}
        return {**known, **pushed, "title": title, "body": body}
    return {
        **known,
        "pr-number": number,
        "base": env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        "branch": env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"),
        "base-branch": env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        "title": env.get("CI_MERGE_REQUEST_TITLE"),
        "body": env.get("CI_MERGE_REQUEST_DESCRIPTION"),
        "pr-url": f"{env.get('CI_MERGE_REQUEST_PROJECT_URL')}/-/merge_requests/{number}",
    }


class Parser(argparse.ArgumentParser):
    """Says what is wrong without repeating values: one of them may be a token."""

    def error(self, message: str) -> NoReturn:
        """End with 2."""
        shown = re.sub("'.*'", "...", message)
        raise Stop(f"Not understood, see --help: {shown}.")


def read_options(argv: list[str], env: Mapping[str, str]) -> Options:
    """Flags, else variables, else what CI knows."""
    parser = Parser(description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, text in OPTIONS.items():
        parser.add_argument(f"--{name}", dest=name, help=text, default=_variable(name, env))
    for name, text in SWITCHES.items():
        on = (_variable(name, env) or "").lower() in ("1", "true", "yes")
        parser.add_argument(f"--{name}", dest=name, help=text, action="store_true", default=on)
    flags, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.error("a flag or word that is not known")
    given = {name: value for name, value in vars(flags).items() if value not in (None, "", False)}
    SECRETS.extend(filter(None, [given.get("token"), given.get("id-token")]))
    defaults = {"repo": ".", "opa": "opa", "wait": 300, "retry": 120, "timeout": 30, "on-error": "fail"}
    known = {} if {"print-policy-revision", "health"} & set(given) else known_to_ci(env)
    options = {**defaults, **{name: value for name, value in known.items() if value}, **given}
    _check(options)
    return options


def _variable(name: str, env: Mapping[str, str]) -> str | None:
    return env.get("FORGE_" + name.upper().replace("-", "_")) or None


def _check(options: Options) -> None:
    for name in {"wait", "retry", "timeout", "reward-score"} & set(options):
        try:
            options[name] = float(options[name])
        except ValueError:
            options[name] = math.nan
        if not math.isfinite(options[name]):
            raise Stop(f"--{name} is not a number.")
    for name, choices in (("on-error", ("fail", "pass")), ("format", FORMATS), ("scope", ("full", "diff"))):
        if options.get(name, choices[0]) not in choices:
            raise Stop(f"--{name} is one of {', '.join(choices)}.")
    if "pr-number" in options and not re.fullmatch(r"[1-9][0-9]{0,9}", str(options["pr-number"])):
        raise Stop("--pr-number is not a number.")


def needed(options: Options, name: str) -> Any:
    """An option without which it does not go on."""
    if not options.get(name):
        raise Stop(f"Missing: --{name} or FORGE_{name.upper().replace('-', '_')}, {OPTIONS[name]}.")
    return options[name]


# --- What changed ------------------------------------------------------------------------------------------------

STATUSES = {"A": "added", "C": "added", "D": "removed", "R": "renamed"}
DEEPER = 'Fetch the whole history: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: "0"` in GitLab.'
# Said in full, so that no setting of a runner or repository changes what the policies see.
SETTINGS = (
    "-c", "core.attributesFile=/dev/null", "-c", "core.fsmonitor=false", "-c", "diff.suppressBlankEmpty=false",
    "--no-pager", "--no-replace-objects", "--literal-pathspecs",
)  # fmt: skip
DIFF = (
    "diff-tree", "-r", "--no-commit-id", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "-O/dev/null",
    "--find-renames=50%", "-l1000", "--ignore-submodules=none", "--submodule=short", "--diff-algorithm=myers",
    "--indent-heuristic",
)  # fmt: skip
PATCH = (
    "--patch", "--unified=3", "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/",
    "--ws-error-highlight=none",
)  # fmt: skip


class Change(NamedTuple):
    """One file as git compares it, its names as bytes."""

    letter: str
    old: bytes
    path: bytes


class Git:
    """A clone, read from an empty folder: a change's own .gitattributes could declare code binary, and so hide it."""

    def __init__(self, folder: str, nowhere: Path) -> None:
        nowhere.mkdir()
        inherited = {name: value for name, value in outside().items() if not re.match("GIT_(?!CONF)", name)}
        self._env, self._folder = {**inherited, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}, folder
        git_dir = os.fsdecode(self._run("rev-parse", "--absolute-git-dir")).rstrip("\n")
        self._env.update(GIT_DIR=git_dir, GIT_WORK_TREE=str(nowhere), GIT_INDEX_FILE=str(nowhere / "index"))
        self._folder = str(nowhere)

    def commit(self, name: str, what: str) -> str:
        """The full name of a commit that is in the clone."""
        found = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if found.returncode:
            raise Stop(f"The {what} revision {name} is not in this clone. {DEEPER}")
        return found.stdout.decode().strip()

    def base(self, base: str, head: str) -> str:
        """Where the change left its base; the empty tree where there was nothing before."""
        if re.fullmatch("0+", base):
            return self._run("hash-object", "-t", "tree", os.devnull).decode().strip()
        found = self._ask("merge-base", self.commit(base, "base"), head)
        if found.returncode:
            raise Stop(f"Base {base} and head {head} have no common ancestor in this clone. {DEEPER}")
        return found.stdout.decode().strip()

    def message(self, head: str) -> tuple[str, str, str]:
        """Author, subject and body of a commit."""
        shown = self._run("log", "-1", "--no-show-signature", "--format=%an%x00%s%x00%b", head).decode(errors="replace")
        author, subject, body = shown.split("\0", 2)
        return author, subject, body.strip()

    def changes(self, base: str, head: str) -> list[Change]:
        """What changed, in git's order."""
        fields = iter(self._run(*DIFF, "--raw", "-z", base, head).split(b"\0"))
        found = []
        for record in itertools.takewhile(bool, fields):
            letter, first = record.split()[-1][:1].decode(), next(fields)
            found.append(Change(letter, first, next(fields) if letter in "RC" else first))
        if len(found) > MAX_FILES:
            raise Stop(f"{len(found):,} files changed; a report holds {MAX_FILES:,}. Split the change.")
        return found

    def files(self, base: str, head: str, changes: list[Change]) -> Iterator[dict[str, Any]]:
        """The changes as the policies see them."""
        # Lines of content begin with a space, +, - or \, so this can only be the head of a file.
        sections = re.split(rb"(?m)^(?=diff --git )", self._run(*DIFF, *PATCH, base, head))[1:]
        # A file that became a link, or the reverse, stands there twice: removed and added.
        if len(sections) != sum(2 if change.letter == "T" else 1 for change in changes):
            raise Stop("git's two accounts of the change differ.")
        rest = iter(sections)
        for change in changes:
            section = b"".join(itertools.islice(rest, 2 if change.letter == "T" else 1))
            path = change.path.decode(errors="replace")
            if b"\nBinary files " in section and SOURCES.search(path):
                section = self._run(*DIFF, *PATCH, "--text", "--no-renames", base, head, "--", change.path)
            hunks = itertools.chain.from_iterable(_hunks(part) for part in section.split(b"\ndiff --git "))
            lines = [line for line in hunks if line]
            yield {
                "path": path,
                "diff": b"\n".join(lines).decode(errors="replace"),
                "additions": sum(line.startswith(b"+") for line in lines),
                "deletions": sum(line.startswith(b"-") for line in lines),
                "status": STATUSES.get(change.letter, "modified"),
            }

    def _ask(self, *arguments: str | bytes) -> subprocess.CompletedProcess[bytes]:
        command = ["git", *SETTINGS, *arguments]
        try:
            return subprocess.run(command, cwd=self._folder, env=self._env, capture_output=True, check=False)
        except OSError as error:
            raise Stop(f"git cannot be run in {self._folder}: {error.strerror}. Is it installed?") from None

    def _run(self, *arguments: str | bytes) -> bytes:
        done = self._ask(*arguments)
        if done.returncode:
            raise Stop(f"git {arguments[0]!s} failed: {done.stderr.decode(errors='replace').strip()[:2000]}")
        return done.stdout


def _hunks(section: bytes) -> Iterator[bytes]:
    return itertools.dropwhile(lambda line: not line.startswith(b"@@ "), section.split(b"\n"))


def outside() -> dict[str, str]:
    """The environment for other programs: without our secrets, which a policy could read and send away."""
    ours = ("FORGE_TOKEN", "FORGE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


# --- What the policies say ---------------------------------------------------------------------------------------


def policy_files(folder: str) -> dict[str, bytes]:
    """Policies and their data by relative name; no tests, nothing hidden."""
    root = Path(folder)
    found = {
        path.relative_to(root): path for path in root.rglob("*") if path.suffix in (".rego", ".json", ".yaml", ".yml")
    }
    seen = [name for name in found if not any(part.startswith(".") for part in name.parts) and found[name].is_file()]
    files = {name.as_posix(): found[name].read_bytes() for name in seen if not name.name.endswith("_test.rego")}
    if not any(name.endswith(".rego") for name in files):
        raise Stop(f"There are no policies (*.rego) in {folder}.")
    return files


def revision_of(files: Mapping[str, bytes]) -> str:
    """What a set of policies is called: a digest over names and contents, whatever folder they lie in."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        for part in (name.encode(errors="surrogateescape"), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:12]


def evaluate(opa: str, files: Mapping[str, bytes], change: Mapping[str, Any], folder: Path) -> Any:
    """What OPA answers to ``data.compliance``: over a copy, so that what is digested is what is evaluated."""
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    stated = json.dumps(change).encode()
    answer = run_opa(
        opa, "eval", "--format", "json", "--data", str(folder), "--stdin-input", "data.compliance", stdin=stated
    )
    try:
        document = json.loads(answer)
    except ValueError:
        raise Stop(f"{opa} eval answered with no JSON: {answer[:500]!r}") from None
    if not isinstance(document, dict) or not document.get("result"):
        raise Stop("data.compliance is undefined: do the policies' packages begin with `package compliance.`?")
    return document


def run_opa(opa: str, *arguments: str, stdin: bytes = b"") -> str:
    """Run opa and return what it prints."""
    try:
        done = subprocess.run(
            [opa, *arguments], input=stdin, env=outside(), capture_output=True, check=False, timeout=OPA_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise Stop(f"{opa} {arguments[0]} took more than {OPA_SECONDS} s.") from None
    except OSError as error:
        raise Stop(
            f"{opa} cannot be run: {error.strerror}. Install OPA, name it with --opa, or give --results."
        ) from None
    answer = done.stdout.decode(errors="replace")
    if done.returncode:
        raise Stop(f"{opa} {arguments[0]} failed:\n{(done.stderr.decode(errors='replace') or answer).strip()[:4000]}")
    return answer


def read_json(path: str) -> Any:
    """A JSON file."""
    try:
        return json.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise Stop(f"{path} is not JSON: {one_line(error)[:200]}") from None


# --- The report --------------------------------------------------------------------------------------------------


def build(options: Options, scratch: Path) -> dict[str, Any]:
    """The report as the console takes it (docs/api.md); what is not known is left out."""
    number = int(options["pr-number"]) if "pr-number" in options else None
    if "results" in options:
        format = needed(options, "format")
        changed, commit = changed_paths(options, scratch)
        found = {"results": read_json(options["results"]), "changed_files": changed, "format": format}
        found["policy_revision"] = options.get("policy-revision")
    else:
        found, commit = evaluated(options, number, scratch)
    description = str(options.get("body") or "").encode(errors="replace")[:MAX_DESCRIPTION]
    report = {
        "repository": needed(options, "repository"),
        "pr_number": number,
        "commit_sha": commit,
        "run_id": options.get("run-id") or f"local-{uuid.uuid4()}",
        "url": options.get("pr-url"),
        "description": description.decode(errors="ignore"),
        **{name.replace("-", "_"): options.get(name) for name in SENT},
        **found,
    }
    cut = {name: value[: MAX_TEXTS[name]] if name in MAX_TEXTS and value else value for name, value in report.items()}
    return {name: value for name, value in cut.items() if value not in (None, "")}


def evaluated(options: Options, number: int | None, scratch: Path) -> tuple[dict[str, Any], str]:
    """The policies' results over the change, and its commit."""
    files = policy_files(needed(options, "policies"))
    git = Git(options["repo"], scratch / "tree")
    head = git.commit(str(options.get("head") or "HEAD"), "head")
    base = git.base(needed(options, "base"), head)
    # A pull request without a description has none: what a commit says excuses nothing in its place.
    for name, value in zip(("author", "title") if number else ("author", "title", "body"), git.message(head)):
        options[name] = options.get(name) or value
    changes = git.changes(base, head)
    say(f"{len(changes):,} files changed between {base[:12]} and {head[:12]}.")
    change: Options = {
        "changed_files": list(git.files(base, head, changes)),
        **{f"pr_{name}": options.get(name) or "" for name in ("title", "body")},
        "pr_number": number,
        "author": options["author"],
        **{name: read_json(options[name]) for name in ("coverage", "performance") if name in options},
    }
    version = re.search(r"Version:\s*(\S+)", run_opa(options["opa"], "version"))
    revision = options.get("policy-revision") or revision_of(files)
    say(f"Policies {revision}, evaluated with OPA {version[1] if version else 'of unknown version'}.")
    results = evaluate(options["opa"], files, change, scratch / "policies")
    stated = {"opa_version": version[1] if version else None, "policy_revision": revision}
    return {"format": "opa", "results": results, "changed_files": touched(changes), **stated}, head


def changed_paths(options: Options, scratch: Path) -> tuple[list[str], str]:
    """The changed paths as far as a clone says them, which results of other tools need less, and the commit."""
    head = str(options.get("head") or "HEAD")
    try:
        git = Git(options["repo"], scratch / "tree")
        head = git.commit(head, "head")
        changes = git.changes(git.base(needed(options, "base"), head), head)
    except Stop as stop:
        if not re.fullmatch("[0-9a-f]{6,64}", head):
            raise  # only a commit's id is one without a clone
        say(f"Reported without the list of changed files: {stop}")
        return [], head
    return touched(changes), head


def touched(changes: list[Change]) -> list[str]:
    """Every path that the change speaks about; the old names of what it renamed while there is room."""
    new = [change.path.decode(errors="replace") for change in changes]
    old = [change.old.decode(errors="replace") for change in changes if change.letter == "R"]
    return list(dict.fromkeys(new + old))[:MAX_FILES]


def pack(report: Mapping[str, Any]) -> bytes:
    """The report's bytes: the same for the same report, so that sending it again is no other one."""
    # ensure_ascii would write lone surrogates, of undecodable names in the environment, that are no JSON.
    body = json.dumps(report, ensure_ascii=False).encode("utf-8", "replace")
    packed = gzip.compress(body, 6, mtime=0)
    for size, limit, what in ((len(body), MAX_UNPACKED, ""), (len(packed), MAX_SENT, " compressed")):
        if size > limit:
            raise Stop(
                f"The report has {size / MIB:.0f} MiB{what}; the console takes {limit // MIB}. Split it by --source."
            )
    return packed


# --- The console -------------------------------------------------------------------------------------------------

HINTS = {
    401: "Make a CI token in the console's admin and give it as FORGE_TOKEN; or look at the issuer there.",
    403: "The token's repositories are listed in the console's admin, under CI tokens and Issuers.",
    404: "Is FORGE_URL the address of your tenant, without a path?",
    409: "Give reports of one run different --source, and every attempt its own --run-id.",
    413: "Split the report, with a --source for each part.",
    429: "Too many requests for this token; try again later.",
}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are told, not followed: the token is for the address that it was given for."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow none."""


class Console:
    """Forge Console behind its API."""

    def __init__(self, options: Options) -> None:
        self._identity = Identity(options)
        # What no URL holds makes none of it: the library would call it an address that does not answer.
        stated = re.sub(r".*[^!-~].*", "", needed(options, "url"), flags=re.S)
        parts = urllib.parse.urlsplit(stated.rstrip("/"))
        try:
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            host, port = "", None
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or parts.query or parts.fragment:
            raise Stop("FORGE_URL is not an address such as https://acme.forge.example.com.")
        # RFC 6761: names under localhost are this machine, which Python's resolver does not know.
        self._local = host == "localhost" or host.endswith(".localhost")
        self._host = parts.netloc
        netloc = f"127.0.0.1:{port or (443 if parts.scheme == 'https' else 80)}" if self._local else parts.netloc
        self._url = f"{parts.scheme}://{netloc}{parts.path}"
        self._timeout, self._retry = options["timeout"], options["retry"]
        without = [urllib.request.ProxyHandler({})] if self._local else []
        self._opener = urllib.request.build_opener(NoRedirect, *without)
        if parts.scheme == "http" and not self._local and host != "127.0.0.1":
            say("Warning: FORGE_URL is not https; everybody on the way can read the token.")

    @property
    def knows_us(self) -> bool:
        """Whether requests say who is asking."""
        return bool(self._identity.headers())

    def ask(
        self, path: str, body: bytes | None = None, *, until: float | None = None, accept: int = 200
    ) -> dict[str, Any]:
        """Ask, again while it makes sense, and return what was answered.

        Args:
            until: when to give up, in seconds of the monotonic clock; by default when ``--retry`` is over.
            accept: a further status that is no error.
        """
        until = until if until is not None else time.monotonic() + self._retry
        for attempt in itertools.count():
            try:
                status, headers, content = self._once(path, body)
            except (OSError, http.client.HTTPException) as error:
                problem: Stop = Unreachable(f"The console cannot be reached: {reason_of(error)}")
                after = 0.0
            else:
                if status != 429 and status < 500:
                    return self._read(status, headers, content, accept)
                kind = Stop if status == 429 else Unreachable
                problem, after = kind(f"The console answers {told(status, content)}"), retry_after(headers)
            pause = max(after, min(30, 2**attempt) * random.uniform(0.5, 1))  # noqa: S311
            if time.monotonic() + pause > until:
                raise problem
            say(f"{problem} Trying again in {pause:.0f} s.")
            time.sleep(pause)
        raise AssertionError

    def _once(self, path: str, body: bytes | None) -> tuple[int, Any, bytes]:
        headers = {"Accept": "application/json", "User-Agent": "forge-report/1", **self._identity.headers()}
        if self._local:
            headers["Host"] = self._host
        if body is not None:
            headers.update({"Content-Type": "application/json", "Content-Encoding": "gzip"})
        request = urllib.request.Request(self._url + path, body, headers)
        try:
            response = self._opener.open(request, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            response = error
        except (urllib.error.URLError, ssl.SSLError) as error:
            if isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError):
                raise Stop(
                    f"The console's certificate is not trusted: {reason_of(error)} SSL_CERT_FILE names others."
                ) from None
            raise
        with response:
            content, deadline = b"", time.monotonic() + self._timeout
            while piece := response.read1(65536):
                content += piece
                if len(content) > MAX_ANSWER or time.monotonic() > deadline:
                    raise http.client.HTTPException("the answer does not end")
            if getattr(response, "length", None):
                raise http.client.IncompleteRead(content)
            return response.getcode(), response.headers, content

    def _read(self, status: int, headers: Any, content: bytes, accept: int) -> dict[str, Any]:
        if 300 <= status < 400:
            raise Stop(
                f"The console redirects to {headers.get('Location')}. Correct FORGE_URL: the token is not sent on."
            )
        if status >= 400 and status != accept:
            raise Stop(f"The console answers {told(status, content)} {HINTS.get(status, '')}")
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise Stop(f"What answers at FORGE_URL with {status} is no Forge Console: {content[:200]!r}")
        return document


class Identity:
    """What the console knows this job by: a token, or the CI service's word, asked for anew before it ends."""

    def __init__(self, options: Options) -> None:
        self._token = token_of(options)
        self._word, self._asked = fit_for_a_header(str(options.get("id-token") or "")), math.inf
        self._url = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
        self._audience = str(options.get("audience") or needed(options, "url").rstrip("/"))
        if not self._token and not self._word and self._url:
            self._asked = -math.inf
        elif not self._token and not self._word and "health" not in options:
            raise Stop("Missing: FORGE_TOKEN. (Pull requests from forks get no secrets: docs/ci.md.)")

    def headers(self) -> dict[str, str]:
        """For one request."""
        if self._asked < time.monotonic() - WORD_SECONDS:
            self._word, self._asked = self._given(), time.monotonic()
        said = f"Token {self._token}" if self._token else f"Bearer {self._word}" if self._word else ""
        return {"Authorization": said} if said else {}

    def _given(self) -> str:
        """GitHub's token for this job: https://docs.github.com/actions/concepts/security/openid-connect."""
        url = f"{self._url}&{urllib.parse.urlencode({'audience': self._audience})}"
        secret = fit_for_a_header(os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ""))
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {secret}"})
        for pause in (1, 4, None):
            try:
                with urllib.request.build_opener(NoRedirect).open(request, timeout=10) as answer:
                    return fit_for_a_header(str(json.loads(answer.read(65536))["value"]))
            except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
                # What was answered below 500 is answered the same the next time.
                lasts = not isinstance(error, OSError) or getattr(error, "code", 500) < 500
                if pause is None or lasts:
                    raise Unreachable(f"GitHub gives this job no ID token: {reason_of(error)}") from None
                time.sleep(pause)
        raise AssertionError


def token_of(options: Options) -> str:
    """The token, checked to be fit for a header: the library's own error would print it."""
    token = str(options.get("token") or "")
    if not token and "token-file" in options:
        try:
            token = Path(options["token-file"]).read_text(encoding="utf-8", errors="replace").strip()
        except OSError as error:
            raise Stop(f"The token file cannot be read: {error.strerror}.") from None
    return fit_for_a_header(token)


def fit_for_a_header(token: str) -> str:
    """The token without the space around it; from here on the log does not show it."""
    SECRETS.extend(filter(None, [token, token.strip()]))
    token = token.strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise Stop("The token holds characters that no token has: was all of it copied, and nothing else?")
    return token


def told(status: int, content: bytes) -> str:
    """What a problem document says, in a few lines."""
    try:
        problem = json.loads(content)
        fields = [f"\n  {name}: {' '.join(map(str, texts))}" for name, texts in (problem.get("errors") or {}).items()]
        return f"{status}: {problem.get('detail') or problem.get('title') or ''}{''.join(fields[:20])}"[:4000]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return f"{status}."


def reason_of(error: BaseException) -> str:
    """Why there was no answer, in words."""
    return f"{getattr(error, 'reason', None) or error or type(error).__name__}."


def retry_after(headers: Any) -> float:
    """Seconds that the console asks to wait for; 0 where it does not."""
    stated = str(headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", stated):
        return float(stated)
    try:
        return max(0.0, (parsedate_to_datetime(stated) - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError, IndexError):
        return 0.0


def verdict_of(console: Console, path: str, seconds: float) -> dict[str, Any]:
    """Poll until there is a verdict."""
    until, pause = time.monotonic() + seconds, 0.25
    while True:
        answer = console.ask(path, until=until)
        if answer.get("status") == "failed":
            raise Stop(f"The console could not read the report: {answer.get('error')}")
        if answer.get("status", "done") == "done" and not _waits(answer):
            if not isinstance(answer.get("can_merge"), bool) or not isinstance(answer.get("verdict"), str):
                raise Stop("The console's answer holds no verdict: is FORGE_URL a Forge Console?")
            return answer
        if time.monotonic() + pause > until:
            raise Stop(f"There is no verdict after {seconds:g} s. Ask again with a longer --wait, or look at {path}.")
        time.sleep(pause)
        pause = min(pause * 1.5, 10)


def _waits(answer: Mapping[str, Any]) -> bool:
    codes = {reason["code"] for reason in reasons_of(answer)}
    waited_for = codes & {"report_queued", "not_judged"} and "report_failed" not in codes
    return answer.get("verdict") == "PENDING" and bool(waited_for)


# --- The verdict -------------------------------------------------------------------------------------------------


FINDING = ("rule", "file", "message", "remediation")


class Point(NamedTuple):
    """One thing to read: of the console's reasons, or found by the policies besides."""

    level: str
    rule: str
    file: str
    line: int | None
    message: str
    advice: str

    @property
    def place(self) -> str:
        """``file:line``, as far as known."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file


def reasons_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reasons, each with a code and a message whatever was answered."""
    listed = answer.get("reasons")
    found = [reason for reason in listed if isinstance(reason, dict)] if isinstance(listed, list) else []
    return [{**each, "code": str(each.get("code")), "message": str(each.get("message") or "")} for each in found]


def points(answer: Mapping[str, Any], results: Any) -> tuple[list[Point], list[Point]]:
    """The reasons, with the policies' own advice where these have some, and what was found besides."""
    found = list(findings(results))
    advice = {point.message: point.advice for point in found if point.advice}
    reasons = [
        Point(
            "notice" if answer["can_merge"] else "error",
            str(reason.get("rule") or reason["code"]),
            str(reason.get("file_path") or ""),
            reason.get("line_number") if isinstance(reason.get("line_number"), int) else None,
            reason["message"],
            " ".join(filter(None, [advice.get(reason["message"]), str(reason.get("remedy") or "")])),
        )
        for reason in reasons_of(answer)
    ]
    told = {reason.message for reason in reasons}
    return reasons, [point for point in found if point.message not in told]


def findings(results: Any) -> Iterator[Point]:
    """What OPA's document lists, the gravest first; nothing for other formats."""
    with contextlib.suppress(IndexError, KeyError, TypeError):  # or it is the value alone
        results = results["result"][0]["expressions"][0]["value"]
    packages = [sets for sets in results.values() if isinstance(sets, dict)] if isinstance(results, dict) else []
    for kind in ("deny", "override", "warn"):
        listed = [entry for sets in packages if isinstance(sets.get(kind), list) for entry in sets[kind]]
        for entry in listed:
            fields = entry if isinstance(entry, dict) else {"message": entry}
            rule, file, message, advice = (str(fields.get(name) or "") for name in FINDING)
            line = fields.get("line") if isinstance(fields.get("line"), int) else None
            yield Point("notice" if kind == "warn" else "warning", rule, file, line, message, advice)


def show(answer: Mapping[str, Any], results: Any) -> int:
    """Tell the log, the annotations and the job's summary; returns the exit code."""
    code = exit_code(answer)
    outcome = {MAY: "may merge", MAY_NOT: "may not merge"}.get(code, "it cannot be told whether it may merge")
    counts = ", ".join(
        f"{answer.get(f'{name}_count', '?')} {name.upper()}" for name in ("block", "override", "warning")
    )
    head = f"{one_line(answer['verdict'])}: {outcome}."
    score = f"Score {answer.get('score')} of 100 (needed: {answer.get('threshold')}). {counts}."
    if answer.get("superseded") == "commit":
        score = f"The pull request has moved on from this commit. {score}"
    reasons, others = points(answer, results)
    link = one_line(answer.get("url") or "")
    _show_in_log(f"{head} {score}", reasons, others, link)
    for point in itertools.chain(reasons[:MAX_ANNOTATIONS], others[:MAX_ANNOTATIONS]):
        text = f"{point.message}\n{point.advice}".strip()
        annotate(point.level, text, title=f"Forge {point.rule}".strip(), file=point.file, line=point.line)
    append("GITHUB_STEP_SUMMARY", summary(head, score, reasons, others, link))
    stated = {"verdict": answer["verdict"], "score": answer.get("score"), "url": link}
    append("GITHUB_OUTPUT", "".join(f"{name}={one_line(value)}\n" for name, value in stated.items()))
    return code


def exit_code(answer: Mapping[str, Any]) -> int:
    """0 may merge, 1 may not, 2 cannot be told: nothing is judged yet, or for another commit."""
    if answer["can_merge"]:
        return MAY
    if answer.get("superseded") == "commit" or answer["verdict"] in ("PENDING", "PASS", "OVERRIDE_APPROVED"):
        return CANNOT_TELL
    return MAY_NOT


def _show_in_log(head: str, reasons: list[Point], others: list[Point], link: str) -> None:
    say(f"\n{head}")
    for title, listed in (("Reasons", reasons), ("Found in this change besides", others)):
        if listed:
            say(f"\n{title}:")
        for point in listed[:MAX_SHOWN]:
            say(f"  {one_line(point.rule)}  {one_line(point.place)}".rstrip() + f"\n      {one_line(point.message)}")
            if point.advice:
                say(f"      -> {one_line(point.advice)}")
        if len(listed) > MAX_SHOWN:
            say(f"  ... and {len(listed) - MAX_SHOWN} more")
    if link:
        say(f"\nEverything about it: {link}")


def summary(head: str, score: str, reasons: list[Point], others: list[Point], link: str) -> str:
    """The job's summary, in Markdown."""
    lines = [f"### Forge: {markdown(head)}", "", markdown(score), ""]
    for title, listed in (("Reasons", reasons), ("Found besides", others)):
        if listed:
            lines += [f"**{title}**", "", "| rule | where | what | what to do |", "|---|---|---|---|"]
            cells = (
                (point.rule, point.place, point.message[:2000], point.advice[:2000]) for point in listed[:MAX_SHOWN]
            )
            lines += ["| " + " | ".join(map(markdown, row)) + " |" for row in cells] + [""]
    if re.fullmatch(r"https?://[!-~]+", link):
        lines += [f"[Everything about it](<{urllib.parse.quote(link, safe=':/?&=#%')}>)", ""]
    return "\n".join(lines) + "\n"


# --- What is done ------------------------------------------------------------------------------------------------


def check_health(options: Options, console: Console) -> int:
    """0 healthy or degraded, which is told, 1 not."""
    if console.ask("/healthz").get("status") != "ok":
        raise Stop("What answers at FORGE_URL is no Forge Console.")
    health = console.ask(f"{API}/health", accept=404) if console.knows_us else {"status": 404}
    if health.get("status") == 404:
        say("The console is alive; more is not known of it.")
        return MAY
    level = {"healthy": "notice", "degraded": "warning"}.get(str(health.get("status")), "error")
    warnings = json.dumps(health.get("warnings") or [], ensure_ascii=False)
    text = f"The console is {health.get('status')}. {warnings}"
    say(text)
    annotate(level, text, title="Forge health")
    return MAY_NOT if level == "error" else MAY


def report_and_wait(options: Options, console: Console) -> int:
    """Report the change and return the exit code of its verdict."""
    scratch = Path(tempfile.mkdtemp(prefix="forge-"))
    try:
        report = build(options, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    packed = pack(report)
    say(f"Sending {max(len(packed) / MIB, 0.1):.1f} MiB.")
    receipt = console.ask(f"{API}/reports", packed)
    if not re.fullmatch(r"[0-9a-fA-F-]{36}", str(receipt.get("id"))):
        raise Stop("What took the report is no Forge Console: it gave no id.")
    say(f"Reported as {receipt['id']}{' (the same as before)' if receipt.get('duplicate') else ''}.")
    return show(verdict_of(console, f"{API}/reports/{receipt['id']}", options["wait"]), report["results"])


def run(options: Options) -> int:
    """Do what was asked; returns the exit code."""
    if options.get("print-policy-revision"):
        say(revision_of(policy_files(needed(options, "policies"))))
        return MAY
    console = Console(options)
    if options.get("health"):
        return check_health(options, console)
    if options.get("ask"):
        query = urllib.parse.urlencode({"repository": needed(options, "repository")})
        return show(verdict_of(console, f"{API}/pr/{needed(options, 'pr-number')}?{query}", options["wait"]), None)
    return report_and_wait(options, console)


def main(argv: list[str], env: Mapping[str, str]) -> int:
    """Run, and turn everything that goes wrong into 2: Python's own 1 would read as "may not merge"."""
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # or Windows refuses an arrow
    SECRETS.extend(filter(None, [env.get("FORGE_TOKEN"), env.get("FORGE_ID_TOKEN")]))
    options: Options = {}
    try:
        options = read_options(argv, env)
        return run(options)
    except Unreachable as stop:
        if options["on-error"] == "pass" and not options.get("health"):
            text = f"NOT CHECKED: {stop} Let through, because --on-error=pass says so."
            say(f"\n{'!' * 80}\n{text}\n{'!' * 80}")
            annotate("warning", text, title="Forge did not check this change")
            append("GITHUB_STEP_SUMMARY", f"### Forge: not checked\n\n{markdown(text)}\n")
            return MAY
        problem: object = stop
    except Stop as stop:
        problem = stop
    except Exception as error:  # whatever it is, its trace could show what must not be shown
        problem = f"Unexpected {type(error).__name__}: {error}"
    say(f"\nCould not tell whether this may merge. {problem}")
    annotate("error", str(problem), title="Forge could not tell")
    append("GITHUB_STEP_SUMMARY", f"### Forge: could not tell\n\n{markdown(problem)}\n")
    return CANNOT_TELL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
