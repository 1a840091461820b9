"""Warnings go out as notices: their own outbox goes. Costs one small read a schema, and an instant lock to drop it.

What still waits in it is warned of anew by the next look at the clock: nothing is lost, and nobody has to send first.
"""

from typing import Any

from django.db import migrations


def warn_anew(apps: Any, schema_editor: Any) -> None:
    """Forget that people were warned of what the outbox still holds."""
    waiting = apps.get_model("overrides", "ExpiryWarning").objects.filter(status__in=["queued", "processing"])
    keys = {key for overrides in waiting.values_list("overrides", flat=True) for key in overrides}
    apps.get_model("overrides", "OverrideRequest").objects.filter(pk__in=keys).update(warned_days=None)


class Migration(migrations.Migration):
    dependencies = [("overrides", "0001_overrides")]
    operations = [
        migrations.RunPython(warn_anew, migrations.RunPython.noop),
        migrations.DeleteModel("ExpiryWarning"),
    ]
