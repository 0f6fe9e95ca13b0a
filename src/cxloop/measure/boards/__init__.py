"""Dashboards: what they ask, and which of them there are."""
