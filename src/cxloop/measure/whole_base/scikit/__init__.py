"""The only place that knows scikit-learn: boosted trees for large bases."""

from __future__ import annotations
