"""Compiled loops that turn text into typed columns; what they do not understand they leave to others.

Eight characters are looked at together, as one unsigned word whose lowest byte is the first of them.
"""

from __future__ import annotations
