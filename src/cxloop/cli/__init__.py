"""The command line: generated from the verbs, with tables, progress and errors for people."""
