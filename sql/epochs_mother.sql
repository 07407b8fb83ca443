-- One row per row of a catalogue: its own identifier as star and as entry, and columns of it
-- entries qualified name of the catalogue
-- columns names of the columns wanted
SELECT
    CAST(source_id AS VARCHAR) AS obj_id,
    CAST(source_id AS VARCHAR) AS entry_id,
    CAST(NULL AS DOUBLE) AS link_separation,
    CAST(NULL AS INTEGER) AS n_candidates,
    COLUMNS(lambda name: list_contains($columns, name))
FROM query_table($entries)
