"""The identity ledger: which keys are one customer, why, and since when."""
