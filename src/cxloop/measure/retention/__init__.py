"""Retention: who comes back, and who leaves what they had joined."""
