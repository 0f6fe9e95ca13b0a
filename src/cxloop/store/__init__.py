"""Operational records: accounts, sessions, definitions, audit."""
