"""``opa`` for machines that have none: enough of its command line for CI jobs and our tests, over the real engine.

    opa version
    opa eval --format json -d FOLDER [-d …] [-i FILE | --stdin-input] 'data.compliance'

The engine is OPA's own (as a shared library, ``.cache/opa-venv``: tests/policies/opa_environment.py) and regorus where
that is not installed; ``opa version`` says which. ``lines`` answers many inputs in one process, one JSON line each.
Runs under either engine's Python, hence the standard library alone.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OPA_PYTHON = ROOT / ".cache" / "opa-venv" / "bin" / "python"
Evaluate = Callable[[str, Any, dict[str, Any]], Any]
"""Query, input and data to a value, or ``UNDEFINED``."""
UNDEFINED = object()


class RegoError(Exception):
    """The policies or the query are wrong."""


def main(argv: list[str]) -> int:
    """Run one command; returns OPA's exit codes: 2 where the policies fail, 1 where the call is wrong."""
    options = _options(argv)
    if options.command == "version":
        sys.stdout.write(f"Version: {_version()}\nEngine: {_engine()}\n")
        return 0
    try:
        evaluate = _loaded([Path(folder) for folder in options.data])
        if options.command == "lines":
            _answer_lines(evaluate)
            return 0
        value = evaluate(options.query, _input(options), _documents([Path(folder) for folder in options.data]))
    except RegoError as error:
        _write({"errors": [{"message": str(error), "code": "rego_error"}]})
        return 2
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    shown = {"value": value, "text": options.query, "location": {"row": 1, "col": 1}}
    _write({} if value is UNDEFINED else {"result": [{"expressions": [shown]}]})
    return 0


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="opa")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("version")
    lines = commands.add_parser("lines")
    lines.add_argument("-d", "--data", action="append", default=[])
    evaluation = commands.add_parser("eval")
    evaluation.add_argument("-f", "--format", choices=["json"], default="json")
    evaluation.add_argument("-d", "--data", "-b", "--bundle", action="append", default=[])
    source = evaluation.add_mutually_exclusive_group()
    source.add_argument("-i", "--input")
    source.add_argument("-I", "--stdin-input", action="store_true")
    evaluation.add_argument("query")
    return parser.parse_args(argv)


def _input(options: argparse.Namespace) -> Any:
    if options.stdin_input:
        return json.loads(sys.stdin.buffer.read())
    return json.loads(Path(options.input).read_bytes()) if options.input else None


def _answer_lines(evaluate: Evaluate) -> None:
    """``{"input": …, "data": …}`` a line, answered with ``{"value": …}`` or ``{"error": …}``.

    Raises:
        RegoError: the policies fail over nothing at all: a second question would only take its time.
    """
    evaluate("data.compliance", {}, {})
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            value = evaluate("data.compliance", asked["input"], asked.get("data") or {})
            _write({"value": {} if value is UNDEFINED else value})
        except RegoError as error:
            _write({"error": str(error)})


def _modules(folders: list[Path]) -> Iterator[tuple[str, str]]:
    for path in _files(folders, ".rego"):
        yield str(path), path.read_text(encoding="utf-8")


def _documents(folders: list[Path]) -> dict[str, Any]:
    """Data files, each under the names of the folders that it stands in."""
    merged: dict[str, Any] = {}
    for folder in folders:
        for path in _files([folder], ".json"):
            place = merged
            for name in path.relative_to(folder).parent.parts if folder.is_dir() else ():
                place = place.setdefault(name, {})
            place.update(json.loads(path.read_bytes()))
    return merged


def _files(folders: list[Path], suffix: str) -> list[Path]:
    for folder in folders:
        folder.stat()  # OPA refuses what is not there as well
    found = (path for folder in folders for path in ([folder] if folder.is_file() else sorted(folder.rglob("*"))))
    return [path for path in found if path.suffix == suffix and path.is_file()]


def _loaded(folders: list[Path]) -> Evaluate:
    return _real_engine(folders) if find_spec("opa_bindings") else _regorus(folders)


def _real_engine(folders: list[Path]) -> Evaluate:
    from opa_bindings import OpaEngine
    from opa_bindings.engine import OpaError, OpaUndefinedError

    sources = dict(_modules(folders))
    engines: dict[str, Any] = {}

    def engine_with(data: dict[str, Any]) -> Any:
        # Data can be added to an engine but never taken away.
        key = json.dumps(data, sort_keys=True)
        if key not in engines:
            engine = OpaEngine()
            for name, source in sources.items():
                engine.add_policy(name, source)
            for name, document in data.items():
                engine.add_data(document, path=name)
            engines[key] = engine
        return engines[key]

    def evaluate(query: str, document: Any, data: dict[str, Any]) -> Any:
        try:
            return engine_with(data).eval_document(_path(query), document)
        except OpaUndefinedError:
            return UNDEFINED
        except OpaError as error:
            raise RegoError(str(error)) from error

    return evaluate


def _regorus(folders: list[Path]) -> Evaluate:
    import regorus

    engine = regorus.Engine()
    try:
        for name, source in _modules(folders):
            engine.add_policy(name, source)
    except RuntimeError as error:
        raise RegoError(str(error).partition("\n\nStack")[0]) from error

    def evaluate(query: str, document: Any, data: dict[str, Any]) -> Any:
        try:
            engine.clear_data()
            engine.add_data_json(json.dumps(data))
            engine.set_input_json(json.dumps(document))
            answer = json.loads(engine.eval_query_as_json(f"data.{_path(query)}"))
        except RuntimeError as error:
            raise RegoError(str(error).partition("\n\nStack")[0]) from error
        return answer["result"][0]["expressions"][0]["value"] if answer.get("result") else UNDEFINED

    return evaluate


def _path(query: str) -> str:
    """What stands behind ``data.``; this shim answers no other questions."""
    if not re.fullmatch(r"data(\.[A-Za-z_][0-9A-Za-z_]*)+", query):
        raise RegoError(f"the shim reads documents only, not {query!r}")
    return query.removeprefix("data.")


def _version() -> str:
    """The version of OPA that the shared library was built from; of Rego at all where there is only regorus."""
    spec = find_spec("opa_bindings")
    if spec is None or spec.origin is None:
        return "1.0.0"
    built = Path(spec.origin).with_name("libopabridge.so").read_bytes()
    stated = re.search(rb"open-policy-agent/opa[\t@]v([0-9][0-9.]*[0-9])", built)
    return stated[1].decode() if stated else "unknown"


def _engine() -> str:
    return "OPA (opa-golib-python-bindings)" if find_spec("opa_bindings") else "regorus (gordon-to-regorus)"


def _write(answer: object) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if not find_spec("opa_bindings") and OPA_PYTHON.exists() and not os.environ.get("REGO_IN_PROCESS"):
        os.execv(OPA_PYTHON, [str(OPA_PYTHON), __file__, *sys.argv[1:]])  # noqa: S606
    sys.exit(main(sys.argv[1:]))
