"""The room's tables."""

import core.encryption
import core.ids
import datetime
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('name', models.TextField()),
            ],
            options={
                'ordering': ['day'],
            },
        ),
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField(unique=True)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='The first route that fits counts.')),
                ('tiers', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='None: all.', size=None)),
                ('repositories', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='Patterns: acme/shop, acme/*. None: all.', size=None)),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='Patterns: Security. None: all.', size=None)),
                ('channels', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), help_text='As in a policy: slack:shop-team, email.', size=None)),
                ('instead', models.BooleanField(default=True, help_text="Instead of the policy's channels; otherwise beside them.")),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Silence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tier', models.TextField(blank=True)),
                ('key', models.TextField(blank=True, help_text='Of one alert.')),
                ('repository', models.TextField(blank=True, help_text='A pattern: acme/shop, acme/*.')),
                ('rule', models.TextField(blank=True, help_text='A pattern: R01, R1*.')),
                ('until', models.DateTimeField()),
                ('reason', models.TextField()),
                ('created_by', models.TextField(editable=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['-until'],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tier', models.TextField(choices=[('tier1_block', 'Tier 1: blocks'), ('tier2_override', 'Tier 2: needs an override'), ('tier3_warning', 'Tier 3: warns')])),
                ('key', models.TextField(help_text='What makes facts alike, as the caller names it.')),
                ('open_key', models.TextField(help_text='The key until it is resolved: one open alert a key.', null=True, unique=True)),
                ('state', models.TextField(choices=[('open', 'Open'), ('acknowledged', 'Acknowledged'), ('resolved', 'Resolved')], default='open')),
                ('ruled', models.TextField(blank=True, choices=[('opened', 'A new alert'), ('grew', 'It grew past what was sent'), ('repeated', 'Still there after the deduplication window'), ('resolved', 'It is over'), ('escalated', 'Nobody acknowledged it in time'), ('batched', 'Enough news in the aggregation window'), ('summarised', 'Part of a summary'), ('under_threshold', "Fewer than the policy's threshold"), ('duplicate', 'Nothing new inside the deduplication window'), ('already_acknowledged', 'Somebody is at it and nothing is new'), ('for_summary', 'Waits for a batch or the summary'), ('silenced', 'A silence covers it'), ('quiet_hours', 'Waits for business hours'), ('not_configured', 'The channel is not set up'), ('channel_disabled', 'The channel is switched off'), ('acknowledged', 'Somebody is at it'), ('never_sent', 'Nobody was told of it by itself'), ('no_policy', 'No policy for the tier'), ('alerts_off', 'Sending is switched off'), ('replaced', 'A newer message takes its place'), ('stale', 'Too old to be of use'), ('limit_of_day', "The day's limit is reached")], help_text='What was ruled on the newest fact.')),
                ('title', models.TextField()),
                ('facts', models.JSONField(default=dict)),
                ('link', models.TextField(blank=True)),
                ('count', models.PositiveIntegerField(default=0)),
                ('unsent', models.PositiveIntegerField(default=0, help_text='How many came since the last message.')),
                ('opened_at', models.DateTimeField()),
                ('last_fact_at', models.DateTimeField()),
                ('last_sent_at', models.DateTimeField(null=True)),
                ('told', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, help_text='Channels that heard of it and hear of its end.', size=None)),
                ('chain', models.JSONField(default=list, help_text='The escalation as it was when the alert opened.')),
                ('steps_taken', models.PositiveSmallIntegerField(default=0)),
                ('next_step_at', models.DateTimeField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('acknowledged_by', models.TextField(blank=True)),
                ('acknowledged_via', models.TextField(blank=True)),
                ('resolved_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('acknowledge_alert', 'Can acknowledge alerts')],
                'indexes': [models.Index(fields=['key', 'id'], name='alert_key'), models.Index(fields=['state', 'tier', 'id'], name='alert_state'), models.Index(condition=models.Q(('next_step_at__isnull', False)), fields=['next_step_at'], name='alert_step'), models.Index(condition=models.Q(('unsent__gt', 0)), fields=['tier'], name='alert_unsent')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('open_key', None), ('resolved_at__isnull', False), ('state', 'resolved')), models.Q(models.Q(('state', 'resolved'), _negated=True), ('open_key__isnull', False), ('resolved_at', None)), _connector='OR'), name='resolved_alerts_have_no_open_key')],
            },
        ),
        migrations.CreateModel(
            name='AlertPolicy',
            fields=[
                ('tier', models.TextField(choices=[('tier1_block', 'Tier 1: blocks'), ('tier2_override', 'Tier 2: needs an override'), ('tier3_warning', 'Tier 3: warns')], primary_key=True, serialize=False)),
                ('channels', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='Kinds (slack, email, pagerduty, in_app, webhook, apprise), or one channel as kind:name.', size=None)),
                ('threshold', models.PositiveIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)])),
                ('deduplication_window', models.DurationField(default=datetime.timedelta(seconds=3600), help_text='The same facts are not repeated inside it.')),
                ('frequency', models.TextField(choices=[('immediate', 'At once'), ('daily', 'Daily summary'), ('weekly', 'Weekly summary, on Mondays')], default='immediate')),
                ('aggregation_window', models.DurationField(blank=True, help_text='News of this long go out together once they reach the threshold.', null=True)),
                ('max_per_day', models.PositiveSmallIntegerField(blank=True, help_text='Batches and summaries of a day.', null=True)),
                ('summary_time', models.TimeField(blank=True, help_text="In the organisation's time zone.", null=True)),
                ('quiet_hours', models.BooleanField(default=False, help_text='Messages wait for business hours.')),
                ('escalation', models.JSONField(blank=True, default=list, editable=False)),
            ],
            options={
                'verbose_name': 'alert policy',
                'verbose_name_plural': 'alert policies',
                'ordering': ['tier'],
                'constraints': [models.CheckConstraint(condition=models.Q(('threshold__gte', 1)), name='alert_policy_threshold_counts'), models.CheckConstraint(condition=models.Q(('frequency', 'immediate'), ('summary_time__isnull', False), _connector='OR'), name='alert_policy_summaries_have_a_time')],
            },
        ),
        migrations.CreateModel(
            name='AlertSettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('everything_passes_until', models.DateTimeField(blank=True, help_text='An emergency: until then neither quiet hours nor holidays hold messages back.', null=True)),
            ],
            options={
                'verbose_name': 'alert settings',
                'verbose_name_plural': 'alert settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_row_of_alert_settings')],
            },
        ),
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.TextField(choices=[('slack', 'Slack'), ('email', 'Email'), ('pagerduty', 'PagerDuty'), ('in_app', 'In the console'), ('webhook', 'Signed webhook'), ('apprise', 'Apprise URL')])),
                ('name', models.TextField()),
                ('settings', models.JSONField(blank=True, default=dict, help_text='What is not secret: recipients, a room, an address.')),
                ('secrets', core.encryption.EncryptedTextField(blank=True, editable=False, help_text='What is secret, as JSON, encrypted at rest.')),
                ('general', models.BooleanField(default=True, help_text='A policy that names the kind alone means it; otherwise it has to be named in full.')),
                ('enabled', models.BooleanField(default=True)),
                ('disabled_reason', models.TextField(blank=True, editable=False, help_text='Why it was switched off by itself.')),
                ('paused_until', models.DateTimeField(blank=True, editable=False, help_text='It keeps its queue meanwhile.', null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0, editable=False, help_text='In a row.')),
                ('next_send_at', models.DateTimeField(editable=False, help_text='Its rate limit: not to be sent to before.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['kind', 'name'],
                'constraints': [models.UniqueConstraint(fields=('kind', 'name'), name='one_channel_of_a_name')],
            },
        ),
        migrations.CreateModel(
            name='Digest',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tier', models.TextField(choices=[('tier1_block', 'Tier 1: blocks'), ('tier2_override', 'Tier 2: needs an override'), ('tier3_warning', 'Tier 3: warns')])),
                ('occasion', models.TextField(choices=[('opened', 'New'), ('grew', 'Grew'), ('repeated', 'Still there'), ('resolved', 'Resolved'), ('escalated', 'Nobody has acknowledged it'), ('acknowledged', 'Acknowledged'), ('batch', 'Several at once'), ('summary', 'Summary'), ('notice', 'Notice'), ('test', 'Test')])),
                ('window', models.DateTimeField(help_text='The moment at which it was due.')),
                ('at', models.DateTimeField()),
                ('reason', models.TextField(choices=[('opened', 'A new alert'), ('grew', 'It grew past what was sent'), ('repeated', 'Still there after the deduplication window'), ('resolved', 'It is over'), ('escalated', 'Nobody acknowledged it in time'), ('batched', 'Enough news in the aggregation window'), ('summarised', 'Part of a summary'), ('under_threshold', "Fewer than the policy's threshold"), ('duplicate', 'Nothing new inside the deduplication window'), ('already_acknowledged', 'Somebody is at it and nothing is new'), ('for_summary', 'Waits for a batch or the summary'), ('silenced', 'A silence covers it'), ('quiet_hours', 'Waits for business hours'), ('not_configured', 'The channel is not set up'), ('channel_disabled', 'The channel is switched off'), ('acknowledged', 'Somebody is at it'), ('never_sent', 'Nobody was told of it by itself'), ('no_policy', 'No policy for the tier'), ('alerts_off', 'Sending is switched off'), ('replaced', 'A newer message takes its place'), ('stale', 'Too old to be of use'), ('limit_of_day', "The day's limit is reached")], help_text='Why it was sent, or was not.')),
                ('news', models.PositiveIntegerField(default=0)),
                ('facts', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('tier', 'occasion', 'window'), name='one_digest_a_window')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('status', models.TextField(choices=[('queued', 'Queued'), ('processing', 'Processing'), ('done', 'Done'), ('failed', 'Failed')], default='queued')),
                ('priority', models.SmallIntegerField(default=5, help_text='Lower is sooner.')),
                ('attempts', models.SmallIntegerField(default=0)),
                ('received_at', models.DateTimeField()),
                ('run_after', models.DateTimeField(help_text='Not to be tried before.')),
                ('claimed_until', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True)),
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('channel_name', models.TextField(help_text='As the channel was called then.')),
                ('recipient', models.TextField(blank=True, help_text='An address, where a channel has several.')),
                ('tier', models.TextField(choices=[('tier1_block', 'Tier 1: blocks'), ('tier2_override', 'Tier 2: needs an override'), ('tier3_warning', 'Tier 3: warns')])),
                ('occasion', models.TextField(choices=[('opened', 'New'), ('grew', 'Grew'), ('repeated', 'Still there'), ('resolved', 'Resolved'), ('escalated', 'Nobody has acknowledged it'), ('acknowledged', 'Acknowledged'), ('batch', 'Several at once'), ('summary', 'Summary'), ('notice', 'Notice'), ('test', 'Test')])),
                ('message', models.JSONField(help_text='What is said, as alerts.messages makes it; channels render it.')),
                ('due_at', models.DateTimeField(help_text='When it was to be sent at first: much later it is stale.')),
                ('outcome', models.TextField(blank=True, choices=[('sent', 'Sent'), ('delivered', 'Delivered'), ('acknowledged', 'Acknowledged'), ('stale', 'Too old, not sent'), ('replaced', 'Replaced by a newer one')], help_text='Once nothing more is tried.')),
                ('bundled', models.BooleanField(default=False, help_text='It went out in one message with others.')),
                ('reference', models.TextField(blank=True, help_text='What the provider calls it.')),
                ('alert', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='alerts.alert')),
                ('channel', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='alerts.channel')),
                ('digest', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='alerts.digest')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tier', models.TextField(choices=[('tier1_block', 'Tier 1: blocks'), ('tier2_override', 'Tier 2: needs an override'), ('tier3_warning', 'Tier 3: warns')])),
                ('title', models.TextField()),
                ('body', models.TextField(blank=True)),
                ('link', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
                ('alert', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='alerts.alert')),
                ('delivery', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='alerts.delivery')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ProviderEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.TextField(help_text='As the provider calls it.')),
                ('received_at', models.DateTimeField(db_index=True)),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='alerts.channel')),
            ],
        ),
        migrations.CreateModel(
            name='AlertEvent',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('occasion', models.TextField(blank=True, choices=[('opened', 'New'), ('grew', 'Grew'), ('repeated', 'Still there'), ('resolved', 'Resolved'), ('escalated', 'Nobody has acknowledged it'), ('acknowledged', 'Acknowledged'), ('batch', 'Several at once'), ('summary', 'Summary'), ('notice', 'Notice'), ('test', 'Test')], help_text='Empty where nothing is sent.')),
                ('reason', models.TextField(choices=[('opened', 'A new alert'), ('grew', 'It grew past what was sent'), ('repeated', 'Still there after the deduplication window'), ('resolved', 'It is over'), ('escalated', 'Nobody acknowledged it in time'), ('batched', 'Enough news in the aggregation window'), ('summarised', 'Part of a summary'), ('under_threshold', "Fewer than the policy's threshold"), ('duplicate', 'Nothing new inside the deduplication window'), ('already_acknowledged', 'Somebody is at it and nothing is new'), ('for_summary', 'Waits for a batch or the summary'), ('silenced', 'A silence covers it'), ('quiet_hours', 'Waits for business hours'), ('not_configured', 'The channel is not set up'), ('channel_disabled', 'The channel is switched off'), ('acknowledged', 'Somebody is at it'), ('never_sent', 'Nobody was told of it by itself'), ('no_policy', 'No policy for the tier'), ('alerts_off', 'Sending is switched off'), ('replaced', 'A newer message takes its place'), ('stale', 'Too old to be of use'), ('limit_of_day', "The day's limit is reached")])),
                ('channel', models.TextField(blank=True)),
                ('detail', models.TextField(blank=True)),
                ('alert', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='alerts.alert')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['alert', 'id'], name='alertevent_timeline')],
            },
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status__in', ['queued', 'processing'])), fields=['priority', 'received_at'], name='delivery_waiting'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['alert', 'id'], name='delivery_alert'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('read_at', None)), fields=['user', 'id'], name='notification_unread'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.UniqueConstraint(fields=('delivery', 'user'), name='one_notification_a_person'),
        ),
        migrations.AddConstraint(
            model_name='providerevent',
            constraint=models.UniqueConstraint(fields=('channel', 'event_id'), name='one_event_of_an_id'),
        ),
    ]
