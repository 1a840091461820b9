from django.db import migrations


class Migration(migrations.Migration):
    """Needs a table that reports need, too."""

    operations = [
        migrations.RunSQL(
            "CREATE TABLE next_release_note (id int PRIMARY KEY); LOCK TABLE compliance_rule IN ACCESS EXCLUSIVE MODE",
            "DROP TABLE next_release_note",
        ),
    ]
