import os
import signal

from django.db import migrations


def die(apps, schema_editor):
    if schema_editor.connection.schema_name == os.environ.get("DIES_IN"):
        os.kill(os.getpid(), signal.SIGKILL)


class Migration(migrations.Migration):
    """Ends its process where it is told to."""

    dependencies = [("next_release", "0001_initial")]
    operations = [migrations.RunPython(die, migrations.RunPython.noop)]
