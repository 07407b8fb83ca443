"""Raw files to tables: readers, checks and one declarative spec for each catalogue."""
