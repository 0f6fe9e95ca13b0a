"""Annotations: what happened at a moment, so that a chart over time says it."""
