"""Business decisions of compliance: many rows, several steps, one transaction each."""
