"""The manifests of Kubernetes, as they are in the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.deploy.manifests import Document, documents_of


@pytest.fixture(scope="session")
def documents(checkout: Path) -> list[Document]:
    """Every manifest."""
    return documents_of(*sorted((checkout / "deploy" / "kubernetes").glob("*.yaml")))
