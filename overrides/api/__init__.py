"""Overrides over REST: asking, reading, deciding."""
