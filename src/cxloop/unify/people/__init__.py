"""The customer in full, notes of staff, households and business accounts."""
