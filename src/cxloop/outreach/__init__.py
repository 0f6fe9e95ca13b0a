"""The one door to a customer: whether, for what and in which channel somebody may be written to or called."""
