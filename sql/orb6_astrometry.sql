-- The rows of a table of stars with these identifiers, with all its columns
-- table   qualified name of the table
-- ids     identifiers as text
SELECT * FROM query_table($table)
WHERE CAST(source_id AS VARCHAR) IN (SELECT unnest(CAST($ids AS VARCHAR[])))
ORDER BY source_id
