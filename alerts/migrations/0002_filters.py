"""What a million alerts need to be filtered. Locks writes while it builds: no release has grown tables yet."""

import django.db.models.fields.json
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(django.db.models.fields.json.KeyTransform('repository', 'facts'), models.F('id'), name='alert_repository'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(django.db.models.fields.json.KeyTransform('rule', 'facts'), models.F('id'), name='alert_rule'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'failed')), fields=['id'], name='delivery_failed'),
        ),
    ]
