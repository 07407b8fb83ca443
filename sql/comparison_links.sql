-- One row per pair of a table of links
-- links  qualified name of the table
SELECT CAST(left_id AS VARCHAR) AS source_id, CAST(right_id AS VARCHAR) AS list_id, separation
FROM query_table($links)
