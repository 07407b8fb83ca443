"""ADQL, the query language of the Virtual Observatory: its grammar, its tree, and its errors."""
