"""Whatever JSON arrives is read or refused in words, never an accident."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.attribution import attribute
from compliance.choices import Format
from compliance.formats import read
from compliance.readings import Reading
from core.errors import DomainError, Invalid

TIERS = {"R01": "BLOCK", "R24": "WARNING"}
WORDS = [
    *("deny", "override", "warn", "input_valid", "result", "expressions", "value", "errors"),
    *("message", "msg", "rule", "rule_id", "id", "severity", "file", "path", "line", "status", "context"),
    *("namespace", "filename", "failures", "warnings", "exceptions", "metadata", "loc"),
    *("runs", "tool", "driver", "name", "rules", "results", "ruleId", "ruleIndex", "level", "kind", "text", "index"),
    *("locations", "physicalLocation", "artifactLocation", "uri", "region", "startLine", "suppressions", "arguments"),
    *("PASS", "VIOLATION", "R01", "BLOCK", "error", "HARD STOP [Security/R01]: src/a.ts:3", "{0}", "a\0b"),
]
words = st.sampled_from(WORDS) | st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | words
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=10
)


def fields(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the right names and mostly wrong values."""
    return st.dictionaries(st.sampled_from(names), anything, max_size=4)


entries = fields("msg", "rule", "file", "line", "severity", "more") | st.sampled_from(WORDS) | anything
nearly = {
    Format.OPA: st.dictionaries(words, st.dictionaries(words, st.lists(entries, max_size=3) | anything, max_size=3)),
    Format.CONFTEST: st.lists(
        st.fixed_dictionaries(
            {"namespace": words},
            optional={kind: st.lists(fields("msg", "metadata", "loc")) for kind in ("failures", "exceptions")},
        )
    ),
    Format.SARIF: st.fixed_dictionaries(
        {
            "runs": st.lists(
                st.fixed_dictionaries(
                    {
                        "tool": st.fixed_dictionaries({"driver": fields("name", "rules") | st.just({"name": "x"})}),
                        "results": st.lists(
                            fields("ruleId", "rule", "ruleIndex", "level", "message", "locations", "suppressions")
                        ),
                    },
                    optional={"invocations": anything, "artifacts": anything},
                ),
                max_size=2,
            )
        }
    ),
    Format.CHECKS: st.lists(
        st.fixed_dictionaries(
            {"rule_id": words, "status": st.sampled_from(["PASS", "violation", "OVERRIDE"])},
            optional=dict.fromkeys(("severity", "file_path", "line_number", "message", "context"), anything),
        )
    ),
}


@pytest.mark.parametrize("format", Format.values)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_json_is_read_or_refused(format: str, data: st.DataObject) -> None:
    results = orjson.loads(orjson.dumps(data.draw(nearly[Format(format)] | anything)))

    reading = read_or_none(format, results)

    if reading is not None:
        found = attribute(reading, source="s", tiers=TIERS, changed_files=["src/a.ts"])
        assert len(found) == len(reading.raw)
        assert reading.packages or reading.rules or reading.raw


def read_or_none(format: str, results: object) -> Reading | None:
    try:
        return read(format, results)
    except DomainError:
        return None


@pytest.mark.parametrize("format", Format.values)
def test_bottomless_nesting_is_refused_at_every_level_of_a_document(format: str) -> None:
    for wrap in ("[%s]", '{"p":%s}', '{"p":{"deny":%s}}', '[{"failures":%s}]', '{"runs":[{"tool":{"driver":%s}}]}'):
        deep = wrap % ("[" * 1000 + "]" * 1000)

        assert read_or_none(format, orjson.loads(deep)) is None


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match="one of opa, conftest, sarif, checks"):
        read("junit", {})
