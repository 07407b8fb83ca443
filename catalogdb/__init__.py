"""catalogdb: star catalogues of all epochs in one HEALPix-indexed DuckDB store."""
