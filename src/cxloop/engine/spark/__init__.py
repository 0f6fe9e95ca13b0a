"""The second engine: the same tables and queries on Apache Spark."""
