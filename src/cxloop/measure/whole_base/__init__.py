"""Scores for all customers, and not only for those who answered."""

from __future__ import annotations
