-- One row per row of a table with one of the identifiers, in the columns asked for that it has
-- table    qualified name of the table
-- ids      values of source_id, as text
-- columns  names of the columns
SELECT CAST(source_id AS VARCHAR) AS row_id, COLUMNS(lambda name: list_contains($columns, name))
FROM query_table($table)
WHERE CAST(source_id AS VARCHAR) IN (SELECT unnest($ids))
ORDER BY row_id
