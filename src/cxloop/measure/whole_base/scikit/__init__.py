"""The only place that knows scikit-learn: models of who is invited, who answers and what they answer."""

from __future__ import annotations
