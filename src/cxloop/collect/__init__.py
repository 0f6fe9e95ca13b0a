"""Collect: from files, web, apps and other systems into the log; a folder each (`files`, `http`, `connectors`)."""
