"""Code hosts, and what they say of pull requests. New tables and columns with defaults: takes no time on grown tables."""

import core.encryption
import core.ids
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0002_keys_beside_what_is_sorted_by_them'),
    ]

    operations = [
        migrations.CreateModel(
            name='CodeHost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.TextField(choices=[('github', 'GitHub'), ('gitlab', 'GitLab')])),
                ('name', models.CharField(max_length=100, unique=True)),
                ('base_url', models.URLField(help_text='https://api.github.com, https://github.example.com/api/v3, https://gitlab.com', verbose_name='API address')),
                ('token', core.encryption.EncryptedTextField(blank=True, help_text='What statuses and comments are written with.')),
                ('webhook_secret', core.encryption.EncryptedTextField(blank=True, help_text='What the host signs its webhooks with.')),
                ('enabled', models.BooleanField(default=True)),
                ('creates_repositories', models.BooleanField(default=True, help_text='A webhook of a repository that no report has named creates it.', verbose_name='new repositories')),
                ('paused_until', models.DateTimeField(blank=True, help_text='Nothing is sent before: its rate limit.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='pullrequest',
            name='comment_id',
            field=models.TextField(blank=True, help_text='Our comment at the code host.'),
        ),
        migrations.AddField(
            model_name='pullrequest',
            name='description',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='pullrequest',
            name='head_awaited',
            field=models.BooleanField(default=False, help_text='The code host has named the head commit, and no report on it was judged since.'),
        ),
        migrations.AddField(
            model_name='pullrequest',
            name='host_updated_at',
            field=models.DateTimeField(help_text='As of when the code host has told us of it.', null=True),
        ),
        migrations.AddField(
            model_name='pullrequest',
            name='override_markers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='repository',
            name='sends_comment',
            field=models.BooleanField(default=True, help_text='Keep one comment on each pull request up to date.', verbose_name='comment'),
        ),
        migrations.AddField(
            model_name='repository',
            name='sends_status',
            field=models.BooleanField(default=True, help_text='Tell the code host each verdict as a commit status.', verbose_name='commit status'),
        ),
        migrations.AddField(
            model_name='repository',
            name='trusted_policies',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, help_text='Policy revisions whose reports may let a pull request pass. Empty: any.', size=None),
        ),
        migrations.AddField(
            model_name='rulestate',
            name='policy_revision',
            field=models.TextField(blank=True, default='', help_text='Of the report that evaluated it last.'),
        ),
        migrations.AddField(
            model_name='repository',
            name='host',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Who is told of verdicts. A webhook sets it; empty: the only one that there is.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='repositories', to='compliance.codehost', verbose_name='code host'),
        ),
        migrations.CreateModel(
            name='MergeGroup',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(help_text='The pull request that the queue adds.')),
                ('head_sha', models.TextField()),
                ('base_branch', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='merge_groups', to='compliance.repository')),
            ],
            options={
                'indexes': [models.Index(fields=['repository', 'number'], name='mergegroup_pull')],
                'constraints': [models.UniqueConstraint(fields=('repository', 'head_sha'), name='one_merge_group_of_a_commit')],
            },
        ),
        migrations.CreateModel(
            name='NamedHead',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('commit_sha', models.TextField()),
                ('pull_request', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='named_heads', to='compliance.pullrequest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('pull_request', 'commit_sha'), name='one_named_head_of_a_commit')],
            },
        ),
        migrations.CreateModel(
            name='StatusUpdate',
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
                ('kind', models.TextField(choices=[('status', 'Commit status'), ('comment', 'Comment')])),
                ('target', models.TextField(help_text="The commit of a status, the pull request's number of a comment.")),
                ('generation', models.PositiveIntegerField(default=1, help_text='How often it has changed.')),
                ('sent', models.TextField(blank=True, help_text='What was sent last: the same is not sent again.')),
                ('sent_at', models.DateTimeField(null=True)),
                ('host', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='updates', to='compliance.codehost')),
                ('pull_request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='updates', to='compliance.pullrequest')),
                ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='updates', to='compliance.repository')),
            ],
            options={
                'verbose_name': 'message to the code host',
                'verbose_name_plural': 'messages to the code host',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('status__in', ['queued', 'processing'])), fields=['priority', 'received_at'], name='statusupdate_waiting')],
                'constraints': [models.UniqueConstraint(fields=('repository', 'kind', 'target'), name='one_update_of_a_target')],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('delivery_id', models.TextField()),
                ('digest', models.BinaryField(help_text='SHA-256 of the body: the id is signed by nobody.', max_length=32)),
                ('event', models.TextField()),
                ('received_at', models.DateTimeField()),
                ('host', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='compliance.codehost')),
            ],
            options={
                'indexes': [models.Index(fields=['received_at'], name='webhook_age')],
                'constraints': [models.UniqueConstraint(fields=('host', 'delivery_id'), name='one_webhook_of_a_delivery_id'), models.UniqueConstraint(fields=('host', 'digest'), name='one_webhook_of_a_body')],
            },
        ),
    ]
