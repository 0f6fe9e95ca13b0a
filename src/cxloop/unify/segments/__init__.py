"""Segments: live groups of customers, defined by what happened to them."""
