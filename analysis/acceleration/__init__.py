"""Which stars do not move uniformly: linear motion against constant acceleration."""

from __future__ import annotations

from analysis.acceleration.result import OPTIONS, RESULT

__all__ = ["OPTIONS", "RESULT"]
