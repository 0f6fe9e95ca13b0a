"""The app in a browser: pages that call verbs and format results; no SQL, no formula, no decision."""

from cxloop.web.app import create_app

__all__ = ["create_app"]
