"""Collect: from files, later from web, app and other systems, into the log."""
