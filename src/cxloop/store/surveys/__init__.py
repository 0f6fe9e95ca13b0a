"""Surveys in the records: what they are, who was asked, what was answered, and their short addresses."""
