"""``python -m operations.demo``: the whole of Forge Console at home, started, filled and stopped by one process.

Nothing here is imported by the application, and nothing here needs Django.
"""
