"""The one door to SQL and to tables."""
