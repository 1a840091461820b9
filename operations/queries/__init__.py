"""What operations reads: figures of tenants, processes and servers. They change nothing."""
