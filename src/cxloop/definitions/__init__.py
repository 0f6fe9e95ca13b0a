"""What people define for the quiet parts, and keep, share and schedule: a folder for each part, written to the records.

Quiet parts have no store: what is defined reaches them as a value, by `Analysis.defined`.
"""
