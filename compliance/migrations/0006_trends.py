"""Days of trends, and a way to a day's evaluations.

Costs: the index locks evaluations against writing while it is built, under a second for a million of them; reports wait
in the inbox meanwhile. The rest are new tables.
"""

import compliance.models.trends
import core.ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0005_kept_days'),
    ]

    operations = [
        migrations.CreateModel(
            name='Trend',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('date', models.DateField(help_text="From midnight to midnight in the tenant's time zone.")),
                ('evaluations', models.PositiveIntegerField(default=0, help_text='That counted; of a rule, those that checked it.')),
                ('checks', models.PositiveIntegerField(default=0)),
                ('passes', models.PositiveIntegerField(default=0, help_text='Checks that found nothing.')),
                ('excused', models.PositiveIntegerField(default=0, help_text='Checks whose findings an override covered.')),
                ('violations_new', models.PositiveIntegerField(default=0, help_text='Found for the first time.')),
                ('violations_returned', models.PositiveIntegerField(default=0, help_text='Were resolved, and live again.')),
                ('violations_resolved', models.PositiveIntegerField(default=0, help_text='For whatever reason.')),
                ('violations_fixed', models.PositiveIntegerField(default=0, help_text='Resolved because reports find them no more.')),
                ('violations_open', models.PositiveIntegerField(default=0, help_text='When the day ended.')),
                ('violations_overridden', models.PositiveIntegerField(default=0, help_text='When the day ended.')),
                ('scored', models.PositiveIntegerField(default=0, help_text='Evaluations with a score.')),
                ('score_sum', models.PositiveBigIntegerField(default=0)),
                ('score_histogram', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), default=compliance.models.trends.no_scores, help_text='0–9, 10–19 … 90–100.', size=None)),
                ('hours_sum', models.FloatField(default=0, help_text='From first seen to fixed, over what was fixed.')),
                ('hours_p90', models.FloatField(null=True)),
                ('hours_spread', models.JSONField(default=dict, help_text='How many took how long, so that days can be put together.')),
                ('built_at', models.DateTimeField(help_text='As of when it was counted.')),
            ],
            options={
                'ordering': ['-date', 'repository', 'rule'],
            },
        ),
        migrations.CreateModel(
            name='TrendRebuild',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('next', models.DateField(help_text='The day that is counted next.')),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name='evaluation',
            index=models.Index(fields=['created_at'], name='evaluation_day'),
        ),
        migrations.AddField(
            model_name='trend',
            name='repository',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='trends', to='compliance.repository'),
        ),
        migrations.AddField(
            model_name='trend',
            name='rule',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='trends', to='compliance.rule'),
        ),
        migrations.AddConstraint(
            model_name='trendrebuild',
            constraint=models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('first', 'last'), name='one_unfinished_rebuild_of_a_span'),
        ),
        migrations.AddIndex(
            model_name='trend',
            index=models.Index(fields=['date'], name='trend_date'),
        ),
        migrations.AddIndex(
            model_name='trend',
            index=models.Index(condition=models.Q(('rule', None)), fields=['date', 'repository'], name='trend_repositories'),
        ),
        migrations.AddConstraint(
            model_name='trend',
            constraint=models.UniqueConstraint(fields=('repository', 'rule', 'date'), name='one_trend_of_a_day', nulls_distinct=False),
        ),
    ]
