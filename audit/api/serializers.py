"""What an entry looks like to programs, for OpenAPI."""

from typing import Any

from rest_framework import serializers


class AuditEntrySerializer(serializers.Serializer[Any]):
    """Who did what, and the proof that it still says what it said."""

    sequence = serializers.IntegerField(help_text="From 1, without gaps.")
    at = serializers.DateTimeField()
    actor_kind = serializers.CharField(help_text="user, citoken or system.")
    actor_id = serializers.CharField()
    actor = serializers.CharField(help_text="As it was called then.")
    action = serializers.CharField()
    resource_type = serializers.CharField()
    resource_id = serializers.CharField()
    resource = serializers.CharField(help_text="As it was called then.")
    before = serializers.DictField(allow_null=True, help_text="Values that were changed.")
    after = serializers.DictField(allow_null=True)
    note = serializers.CharField()
    request_id = serializers.CharField()
    address = serializers.CharField()
    previous_hash = serializers.CharField(help_text="Hexadecimal; empty for the first entry.")
    hash = serializers.CharField(help_text="SHA-256 of the entry's canonical JSON.")
    seal = serializers.CharField(help_text="Keyed hash of the hash, by this installation.")
