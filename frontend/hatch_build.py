"""Hatchling hook: a wheel, an sdist and an editable install all come with the browser files built."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BrowserFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Runs frontend/build.py, which does nothing where nothing changed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling names them)
        """Called by hatchling before it collects files."""
        path = Path(self.root) / "frontend" / "build.py"
        spec = importlib.util.spec_from_file_location("cxloop_frontend_build", path)
        if spec is None or spec.loader is None:
            raise RuntimeError(f"{path} is missing: the checkout or the source archive is incomplete.")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if module.build():
            self.app.display_info("Built the browser files of the app.")
