-- One row: how many rows of a table repeat the identifier of another
-- table   qualified name of the table
SELECT count(source_id) - count(DISTINCT source_id) AS repeated
FROM query_table($table)
