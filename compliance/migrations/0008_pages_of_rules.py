"""A rule's runbook, and a way to its live violations by file.

Costs: the index locks violations against writing while it is built, about a second for a million of them, of which few
live; reports wait in the inbox meanwhile.
"""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0007_resolved_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='rule',
            name='runbook_url',
            field=models.TextField(blank=True, help_text='Where your own instructions for this rule are.', validators=[django.core.validators.URLValidator(['https', 'http'])], verbose_name='runbook'),
        ),
        migrations.AddIndex(
            model_name='violation',
            index=models.Index(condition=models.Q(('resolved_at', None)), fields=['rule', 'file_path'], name='violation_live'),
        ),
    ]
