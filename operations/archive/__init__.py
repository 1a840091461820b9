"""The archive: what a tenant no longer keeps in the database, as Parquet files that anybody can read."""
