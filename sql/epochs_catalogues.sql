-- The catalogues of a multi-epoch table, by name
-- table  qualified name of the multi-epoch table
SELECT DISTINCT catalogue_name
FROM query_table($table)
WHERE catalogue_name IS NOT NULL
ORDER BY catalogue_name
