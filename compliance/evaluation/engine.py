"""Rego in this process: a pack of policies, evaluated over an input to the value of ``data.compliance``."""

import threading
from collections.abc import Mapping
from typing import Any

import orjson
import regorus

from compliance.evaluation.pack import Pack, own_pack
from core.errors import DomainError, Invalid

QUERY = "data.compliance"

_mine = threading.local()


class EngineFailed(DomainError):
    """The policies could not be evaluated; the fault is the pack's or the engine's, not the change's."""

    status = 500


def evaluate(
    change: Mapping[str, Any], *, data: Mapping[str, Any] | None = None, pack: Pack | None = None
) -> dict[str, Any]:
    """What the policies say about a change: the value of ``data.compliance``, sets as sorted lists.

    Args:
        change: the input, as ``compliance.evaluation.changes`` builds it.
        data: what stands beside the policies as ``data``, before the pack's own: ``exemptions`` and the like.
        pack: the product's own policies otherwise.

    Raises:
        Invalid: the change or the data cannot be written as JSON.
        EngineFailed: the policies cannot be read, or fail over this input.
    """
    pack = pack or own_pack()
    stated, beside = _json(change, "input"), _json({**pack.data, **(data or {})}, "data")
    engine = _engine(pack)
    try:
        _give_data(engine, pack.revision, beside)
        engine.set_input_json(stated)
        answer = engine.eval_query_as_json(QUERY)
    except RuntimeError as error:
        _data().pop(pack.revision, None)
        raise EngineFailed("evaluation_failed", f"The policies failed: {_reason(error)}") from error
    except BaseException as error:
        # After a panic (which is no Exception) the engine may be in any state.
        _engines().pop(pack.revision, None)
        _data().pop(pack.revision, None)
        if type(error).__name__ != "PanicException":
            raise
        raise EngineFailed("evaluation_failed", f"The policy engine broke off: {_reason(error)}") from error
    return _value(answer)


def _engine(pack: Pack) -> regorus.Engine:
    """This thread's engine with the pack loaded: an engine belongs to the thread that made it."""
    engines = _engines()
    if pack.revision not in engines:
        engines[pack.revision] = _loaded(pack)
    return engines[pack.revision]


def _engines() -> dict[str, regorus.Engine]:
    if not hasattr(_mine, "engines"):
        _mine.engines = {}
    engines: dict[str, regorus.Engine] = _mine.engines
    return engines


def _give_data(engine: regorus.Engine, revision: str, beside: str) -> None:
    """Let the engine hold this data and no other: it keeps what it was given last.

    New data makes it compile all policies again, which takes longer than most changes; so the same is given once.
    """
    if _data().get(revision) != beside:
        _data().pop(revision, None)
        engine.clear_data()
        engine.add_data_json(beside)
        _data()[revision] = beside


def _data() -> dict[str, str]:
    """The data that each of this thread's engines holds, as JSON."""
    if not hasattr(_mine, "data"):
        _mine.data = {}
    data: dict[str, str] = _mine.data
    return data


def _loaded(pack: Pack) -> regorus.Engine:
    engine = regorus.Engine()
    for name, source in pack.modules.items():
        try:
            engine.add_policy(name, source)
        except RuntimeError as error:
            raise EngineFailed("policy_unreadable", f"{name} is no Rego: {_reason(error)}") from error
    return engine


def _json(document: Mapping[str, Any], name: str) -> str:
    try:
        return orjson.dumps(document).decode()
    except TypeError as error:
        # A lone surrogate, a set, NaN as a key: whatever JSON does not have.
        raise Invalid("not_json", f"The {name} cannot be written as JSON: {error}") from error


def _value(answer: str) -> dict[str, Any]:
    results = orjson.loads(answer).get("result") or []
    value = results[0]["expressions"][0]["value"] if results else {}
    if not isinstance(value, dict):
        raise EngineFailed("evaluation_failed", f"{QUERY} is no object: the policies do not fit together.")
    return value


def _reason(error: BaseException) -> str:
    """What the engine says, without the trace of its own stack."""
    return str(error).partition("\n\nStack backtrace")[0].strip()
