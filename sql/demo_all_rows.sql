-- A row of a table, in the order of its identifiers
-- tbl   qualified name of the table
SELECT *
FROM query_table($tbl)
ORDER BY source_id
