"""The HTTP service: TAP 1.1 and what stands beside it, on a store."""
