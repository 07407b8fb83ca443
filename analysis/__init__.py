"""Tables to result tables: one module for each question."""
