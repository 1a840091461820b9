"""``make policies-conformance``: the pack and all its cases through OPA's own engine and through regorus.

Both have to answer alike, sets compared as sets. Returns 1 where they do not, 2 where OPA's engine cannot be had.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from compliance.evaluation.engine import EngineFailed, evaluate
from compliance.evaluation.pack import OWN_FOLDER
from tests.compliance.policies.cases import cases
from tests.policies import opa_shim
from tests.policies.labelled import labelled_changes
from tests.policies.opa_environment import real_opa

SETS = ("deny", "override", "warn")


class Question(NamedTuple):
    """One input, and what stands beside the policies."""

    name: str
    input: Any
    data: dict[str, Any]


class Difference(NamedTuple):
    """Where the engines disagree."""

    name: str
    only_opa: list[str]
    only_regorus: list[str]


def questions() -> list[Question]:
    """Every case beside the rules, the changes that a reviewer has judged, and what no repository would bring."""
    beside = (Question(case.id, case.input(), case.fields.get("data") or {}) for case in cases())
    judged = (Question(change.name, change.input, {}) for change in labelled_changes())
    return [*beside, *judged, *_odd()]


def _odd() -> Iterator[Question]:
    file = {"path": "apps/api/src/a.service.ts", "status": "added", "additions": 1, "deletions": 0}
    diffs = {
        "no-diff": "",
        "no-hunk": "+db.findMany()",
        "carriage-returns": "@@ -0,0 +1,2 @@\n+try {\r\n+} catch (e) {}\r",
        "beyond-ascii": "@@ -0,0 +1,3 @@\n+const größe = '日本';\n+// TODO: später\n+await naïve.findMany({});",
        "nul": "@@ -0,0 +1 @@\n+\0db.findMany()",
        "odd-spaces": "@@ -0,0 +1,2 @@\n+\u00a0try {\u2003} catch {\u2028}\n+\tconsole.log(1)\v\f",
        "head-without-numbers": "@@ @@\n+console.log(1)",
        "deep": "@@ -0,0 +1 @@\n+" + "{" * 500,
        "long": "@@ -0,0 +1 @@\n+" + "console.log(1);" * 2_000,
    }
    for name, diff in diffs.items():
        yield Question(f"odd-{name}", _input([{**file, "diff": diff}]), {})
    yield Question("odd-empty-object", {}, {})
    yield Question("odd-no-files", _input([]), {})
    yield Question(
        "odd-files-of-other-types", _input([None, 1, "a", {}, {"path": 7}, {"path": "a.ts", "diff": None}]), {}
    )
    yield Question("odd-words-missing", {"changed_files": [{**file, "diff": diffs["long"]}]}, {})
    yield Question(
        "odd-exemptions", _input([{**file, "diff": diffs["long"]}]), {"exemptions": {"*": {"files": ["**"]}}}
    )


def _input(files: list[Any]) -> dict[str, Any]:
    return {"changed_files": files, "pr_title": "Odd", "pr_body": "@override:", "pr_number": None, "author": ""}


def by_opa(python: Path, asked: Sequence[Question]) -> list[Any]:
    """What OPA's own engine answers, in a process of the environment that has it.

    Raises:
        AssertionError: it does not take the policies.
    """
    lines = "".join(json.dumps({"input": each.input, "data": each.data}) + "\n" for each in asked)
    command = [str(python), opa_shim.__file__, "lines", "-d", str(OWN_FOLDER)]
    run = subprocess.run(command, input=lines, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return [json.loads(line) for line in run.stdout.split("\n") if line]


def by_regorus(asked: Sequence[Question]) -> list[Any]:
    """What regorus answers, in this process."""
    return [_answer(each) for each in asked]


def _answer(asked: Question) -> dict[str, Any]:
    try:
        return {"value": evaluate(asked.input, data=asked.data)}
    except EngineFailed as error:
        return {"error": error.message}


def differences(asked: Sequence[Question], opa: Sequence[Any], regorus: Sequence[Any]) -> list[Difference]:
    """Where two lists of answers to the same questions are not the same."""
    found = []
    for question, one, other in zip(asked, opa, regorus, strict=True):
        left, right = set(_leaves(one)), set(_leaves(other))
        # Failing alike is no agreement: a policy has to answer.
        if left != right or "error" in one:
            found.append(Difference(question.name, sorted(left - right), sorted(right - left)))
    return found


def _leaves(answer: Any, path: str = "") -> Iterator[str]:
    """Every value with its place; the members of a list stand in no order, since sets come as lists."""
    if isinstance(answer, dict) and answer:
        for name, value in answer.items():
            yield from _leaves(value, f"{path}.{name}")
    elif isinstance(answer, list) and answer:
        yield from (f"{path}[]={json.dumps(member, sort_keys=True)}" for member in answer)
    else:
        yield f"{path}={json.dumps(answer)}"


def findings_of(answers: Sequence[Any]) -> Counter[str]:
    """How many findings there are of each rule."""
    policies = [policy for answer in answers for policy in answer.get("value", {}).values()]
    return Counter(finding["rule"] for policy in policies for kind in SETS for finding in policy.get(kind, ()))


def main() -> int:
    """Compare and print."""
    python = real_opa()
    if python is None:
        print("OPA's engine is not installed and PyPI does not answer: nothing was compared.")  # noqa: T201
        return 2
    asked = questions()
    began = perf_counter()
    opa = by_opa(python, asked)
    between = perf_counter()
    regorus = by_regorus(asked)
    ended = perf_counter()
    differing = differences(asked, opa, regorus)
    version = subprocess.run([python, opa_shim.__file__, "version"], capture_output=True, text=True, check=True).stdout
    print(f"{len(asked)} inputs, {sum(findings_of(regorus).values())} findings of {len(findings_of(regorus))} rules")  # noqa: T201
    print(f"OPA {version.split()[1]}: {between - began:.1f} s · regorus: {ended - between:.1f} s")  # noqa: T201
    for name, only_opa, only_regorus in differing:
        print(f"\n{name}")  # noqa: T201
        for engine, leaves in (("OPA", only_opa), ("regorus", only_regorus)):
            print("".join(f"  {engine} alone: {leaf}\n" for leaf in leaves), end="")  # noqa: T201
    print(f"{len(asked) - len(differing)} answered alike, {len(differing)} not")  # noqa: T201
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
