"""The ways by which messages leave: one folder each, and one shape for all."""
