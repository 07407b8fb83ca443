-- How many rows of a table of stars repeat an identifier
-- stars   name of the rows: source_id
SELECT count(source_id) - count(DISTINCT source_id) AS repeated
FROM query_table($stars)
