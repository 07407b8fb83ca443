"""Every hand-written SQL statement, one to a file."""
