"""``python -m tests.provisioned``: migrate and build the suite's tenants, as the owner, in a process of its own."""

import os

import django

TENANTS = ("acme", "globex")


def main() -> None:
    """Do what an operator does: migrate, ask for tenants, build them."""
    from django.core.management import call_command

    call_command("migrate_tenants", verbosity=0)
    for name in TENANTS:
        call_command("create_tenant", name, domain=f"{name}.localhost", name=name.title(), verbosity=0)
    call_command("provision", verbosity=0)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    django.setup()
    main()
