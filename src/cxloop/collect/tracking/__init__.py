"""Tracking plans: which events a source sends, as a JSON Schema each; learned from traffic, then enforced."""
