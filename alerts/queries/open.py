"""What is open just now."""

from alerts.models import Alert


def open_keys(prefix: str) -> set[str]:
    """The keys of unresolved alerts that begin so."""
    return set(Alert.objects.filter(open_key__startswith=prefix).values_list("key", flat=True))
