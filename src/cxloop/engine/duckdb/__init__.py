"""The embedded engine: DuckDB. The only package that imports duckdb."""
