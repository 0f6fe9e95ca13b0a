"""Erasure: somebody goes from every table, file and answer, and a signed receipt proves it."""
