"""Asynchronous jobs: UWS 1.1 under /tap/async, kept in jobs/jobs.sqlite with their results beside it."""
