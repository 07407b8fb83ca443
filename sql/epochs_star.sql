-- One row per entry of one star in a multi-epoch table, in the columns that it has
-- table     qualified name of the multi-epoch table
-- columns   names of the columns to read
-- source_id the star
SELECT COLUMNS(lambda name: list_contains($columns, name))
FROM query_table($table)
WHERE CAST(obj_id AS VARCHAR) = $source_id
ORDER BY epoch, catalogue_name
