"""What people read before they decide. Nothing here changes anything."""
