"""The pages that every message links to: no more of this, and what may we write to you about."""
