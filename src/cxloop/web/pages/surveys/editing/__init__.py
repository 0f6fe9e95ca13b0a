"""Changing a survey's document as a person does: one form, one change, and nothing else of it touched."""
