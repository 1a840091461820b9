"""``python -m operations.demo.building``: the demo's tenants, as the owner; four commands in one start of Python."""

import django

from operations.demo.credentials import TENANTS


def main() -> None:
    """Do what an operator does: migrate, ask for the tenants, build what is missing. Repeating it changes nothing."""
    from django.core.management import call_command

    call_command("migrate_tenants", concurrency=1)
    for schema, name in TENANTS.items():
        call_command("create_tenant", schema, name=name, domain=f"{schema}.localhost", if_missing=True)
    call_command("provision")


if __name__ == "__main__":
    django.setup()
    main()
