"""Surveys: what is asked, in which order, and what of the answers counts."""
