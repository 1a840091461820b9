"""Bringing every schema to a release: the public one and the template first, then a canary, then the rest."""
