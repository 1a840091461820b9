"""What rooms above may want to tell people of."""

from django.dispatch import Signal

sign_in_locked = Signal()
"""Too many wrong passwords: ``person`` (None: nobody of this name), ``address``, ``at``. Sent once a lock, in its
transaction."""
