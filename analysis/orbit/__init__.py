"""Orbits of binaries: what is seen of them, and what their elements mean."""
