"""A tenant as large as they get, made in a few minutes: for measuring, and for looking at pages that are full."""
