"""Surveys: what is asked, whom, how often, and what came back."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["router"]

router = APIRouter()
