-- Rows of a table that holds a rotation curve
-- name   the table
SELECT *
FROM query_table($name)
