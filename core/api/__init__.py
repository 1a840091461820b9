"""What every endpoint shares: problems, permissions, pagination."""
