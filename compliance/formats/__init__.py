"""The formats a report's results may be written in, each a module with one entry: ``read``."""

from collections.abc import Callable, Mapping

from compliance.choices import Format
from compliance.formats import checks, conftest, opa, sarif
from compliance.readings import Reading
from core.errors import Invalid

_READERS: Mapping[str, Callable[[object], Reading]] = {
    Format.OPA: opa.read,
    Format.CONFTEST: conftest.read,
    Format.SARIF: sarif.read,
    Format.CHECKS: checks.read,
}


def read(format: str, results: object) -> Reading:
    """Read a report's results: what they speak about and what they found, as it stands there.

    Looks at shapes and sizes only, so that a view can afford it before it answers.

    Raises:
        Invalid: an unknown format, a wrong shape (``errors`` names the place), too many findings, or
            results that speak about nothing.
        TooLarge: a message or context passes its limit.
    """
    reader = _READERS.get(format)
    if reader is None:
        allowed = ", ".join(_READERS)
        raise Invalid("invalid_format", f"The format must be one of {allowed}.", errors={"format": [allowed]})
    return reader(results)
