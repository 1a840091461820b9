"""Which file and line a message names, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.places import ChangedFiles, Place, normal, place_named_in

CHANGED = ("main.ts", "apps/main.ts", "apps/api/main.ts", "apps/api/main.tsx", "docs/Road map.md", "app/(a)/[id]/p.tsx")


@pytest.mark.parametrize(
    ("message", "file"),
    [
        ("in apps/api/main.ts now", "apps/api/main.ts"),
        ("in apps/api/main.ts.", "apps/api/main.ts"),
        ("in apps/api/main.ts. Then", "apps/api/main.ts"),
        ("in 'apps/api/main.ts'", "apps/api/main.ts"),
        ("in ./apps/api/main.ts, line 3", "apps/api/main.ts"),
        ("(apps/api/main.ts)", "apps/api/main.ts"),
        ("file=apps/api/main.ts:3", "apps/api/main.ts"),
        ("apps/api/main.tsx", "apps/api/main.tsx"),
        ("main.ts and apps/main.ts", "apps/main.ts"),
        ("apps/main.ts and main.ts", "apps/main.ts"),
        ("apps/main.ts → apps/api/main.ts", "apps/api/main.ts"),
        ("/main.ts from the root", "main.ts"),
        ("see docs/Road map.md.", "docs/Road map.md"),
        ("see app/(a)/[id]/p.tsx.", "app/(a)/[id]/p.tsx"),
        ("main.ts", "main.ts"),
    ],
)
def test_the_file_is_the_longest_changed_one_that_the_message_names(message: str, file: str) -> None:
    assert place_named_in(message, ChangedFiles(CHANGED)).file == file


@pytest.mark.parametrize(
    "message",
    [
        "domain.ts",
        "main.tsx",
        "main.ts.bak",
        "main.ts/x",
        "main.ts-old",
        "x-main.ts",
        "other/main.ts",
        "../main.ts",
        "…/main.ts",
        "*/main.ts",
        "https://host/main.ts",
        "kim@main.ts",
        "émain.ts",
        "MAIN.TS",
    ],
)
def test_a_part_of_another_path_names_no_changed_file(message: str) -> None:
    assert ChangedFiles(["main.ts"]).named_in(message) is None


def test_changed_files_are_known_with_or_without_their_dot() -> None:
    assert ChangedFiles(["./src/a.ts", "", "./"]).named_in("in src/a.ts") == Place("src/a.ts")


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("in apps/api/x.ts:42:7.", Place("apps/api/x.ts", 42)),
        ("(apps/x.ts, line 9)", Place("apps/x.ts", 9)),
        ("apps/x.ts(12,5): error", Place("apps/x.ts", 12)),
        ("apps/x.ts#L10-L20", Place("apps/x.ts", 10)),
        ("[Error/R07]: File 'docs/a.md' lacks", Place("docs/a.md")),
        ("path=./src/a.py", Place("src/a.py")),
        ("run python .cursor/scripts/check.py --all", Place(".cursor/scripts/check.py")),
        ("app/(auth)/[id]/page.tsx.", Place("app/(auth)/[id]/page.tsx")),
        ("apps/api/Dockerfile lacks USER", Place("apps/api/Dockerfile")),
        (".github/workflows/ci.yml", Place(".github/workflows/ci.yml")),
        ("a/first.ts then a/much/longer/second.ts", Place("a/first.ts")),
        ("https://host.io/a/b.ts and src/c.ts", Place("src/c.ts")),
    ],
)
def test_without_a_changed_file_the_first_thing_that_looks_like_a_path_is_the_file(message: str, place: Place) -> None:
    assert place_named_in(message, ChangedFiles([])) == place


@pytest.mark.parametrize(
    "message",
    [
        "see https://host.io/a/b.ts",
        "example.com/a.html",
        "Node.js/Express.js",
        "use console.log/error",
        "400/422 and/or.",
        "import from '@/components/ui/Button.tsx'",
        "backend/src/ → apps/api/src/",
        "src/**/x.ts",
        "TODO/FIXME",
        "v1.2/v1.3",
        "no slash.ts",
        "",
    ],
)
def test_what_only_resembles_a_path_is_no_file(message: str) -> None:
    assert place_named_in(message, ChangedFiles([])) == Place()


@pytest.mark.parametrize(
    ("written", "path"),
    [("./a.ts", "a.ts"), ("././/a.ts", "a.ts"), (" a.ts\n", "a.ts"), ("../a.ts", "../a.ts"), (".a", ".a")],
)
def test_a_path_is_known_as_the_code_host_writes_it(written: str, path: str) -> None:
    assert normal(written) == path


def test_files_made_to_nest_in_each_other_are_found_like_any_other() -> None:
    nesting = ChangedFiles(["a " * n + "a" for n in range(2_000)])

    assert nesting.named_in("a " * 32_000) is not None


@pytest.mark.parametrize(
    "run",
    ["a/" * 32_000, "a=" * 32_000 + "/", "a/" + ".a-" * 20_000, "./" * 32_000, "a(" * 32_000 + "/"],
    ids=lambda run: run[:4],
)
def test_a_word_made_to_be_slow_is_no_path(run: str) -> None:
    assert place_named_in(run, ChangedFiles(["x"])) == Place()


@given(
    st.lists(st.text(st.sampled_from("ab./-_ "), min_size=1, max_size=6), max_size=5), st.text("ab./-_ '", max_size=20)
)
def test_the_named_file_is_the_longest_that_stands_alone(paths: list[str], message: str) -> None:
    standing = [path for path in map(normal, paths) if path and stands_alone_somewhere(path, message)]

    place = ChangedFiles(paths).named_in(message)

    assert len(place.file if place else "") == max(map(len, standing), default=0)


def stands_alone_somewhere(path: str, message: str) -> bool:
    """The same, slowly: cut the path out at each place where it occurs and look at what is left and right."""
    starts = [start for start in range(len(message)) if message.startswith(path, start)]
    return any(begins(message[:start]) and ends(message[start + len(path) :]) for start in starts)


def begins(before: str) -> bool:
    if before.endswith("./"):
        before = before[:-2]
    elif before.endswith("/"):
        return before == "/" or before[-2] in " '"
    return not before or before[-1] in " '"


def ends(after: str) -> bool:
    glue = after[: len(after) - len(after.lstrip("./-"))]
    follows = after[len(glue) :][:1]
    return not (len(glue) <= 3 and (follows.isalnum() or follows == "_"))
