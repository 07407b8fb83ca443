-- One row per star of the mother, with columns of it
-- mother  qualified name of the mother
-- columns names of the columns wanted, source_id among them
SELECT CAST(source_id AS VARCHAR) AS star, COLUMNS(lambda name: list_contains($columns, name))
FROM query_table($mother)
