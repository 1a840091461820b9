"""Where and when the people of a tenant work."""

import accounts.models.organisation
import datetime
import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('time_zone', models.TextField(default='UTC', help_text='Like Europe/Vienna.', validators=[accounts.models.organisation._known_zone])),
                ('opens', models.TimeField(default=datetime.time(9, 0), help_text='When business hours begin, Monday to Friday.')),
                ('closes', models.TimeField(default=datetime.time(18, 0), help_text='When business hours end.')),
                ('managers', django.contrib.postgres.fields.ArrayField(base_field=models.EmailField(max_length=254), blank=True, default=list, help_text="Addresses that hear of what nobody acknowledges. None: the tenant's administrators.", size=None)),
            ],
            options={
                'verbose_name': 'organisation',
                'verbose_name_plural': 'organisation',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_row_of_organisation'), models.CheckConstraint(condition=models.Q(('closes__gt', models.F('opens'))), name='business_hours_end_after_they_begin')],
            },
        ),
    ]
