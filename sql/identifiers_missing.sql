-- One row: how many rows of a table have no identifier
-- table   qualified name of the table
SELECT count(*) - count(source_id) AS missing
FROM query_table($table)
