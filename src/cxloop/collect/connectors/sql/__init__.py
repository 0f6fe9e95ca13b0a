"""SQL databases: one table or one query, read on from where the last pull stopped."""
