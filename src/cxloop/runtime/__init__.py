"""Processes: opening workspaces, running verbs and derivations, the server's socket, logs and health."""
