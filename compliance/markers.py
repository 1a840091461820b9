"""``@override:<marker>`` in a pull request's description: which rule the author knowingly breaks. Pure."""

import re

MAX_MARKERS = 50
MAX_DESCRIPTION_BYTES = 64 * 1024
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MARKER = re.compile(r"(?<!\w)@override:([0-9A-Za-z][0-9A-Za-z_-]{0,99})(?![\w-])")


def override_markers(description: str) -> list[str]:
    """The markers that a description holds, each once, in their order; at most ``MAX_MARKERS``.

    Those in a template's HTML comments do not count, as they do not for the policies.
    """
    # Behind the last end there is no whole comment: looking for one from each beginning would take for ever.
    end = description.rfind("-->") + 3
    shown = _COMMENT.sub(" ", description[:end]) + description[end:]
    found = dict.fromkeys(match.lower() for match in _MARKER.findall(shown))
    return list(found)[:MAX_MARKERS]


def cut_description(text: str) -> str:
    """The text without NUL, which the database cannot hold, cut to ``MAX_DESCRIPTION_BYTES`` of UTF-8."""
    whole = text.replace("\0", "").encode(errors="replace")
    return whole[:MAX_DESCRIPTION_BYTES].decode(errors="ignore")
