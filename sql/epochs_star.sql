-- One row per entry of one star in a multi-epoch table, in the columns that it has
-- table     qualified name of the multi-epoch table
-- columns   names of the columns to read
-- star      name of the column that identifies the star
-- epoch     name of the column with the epoch
-- source_id the star
SELECT COLUMNS(lambda name: list_contains($columns, name))
FROM query_table($table)
WHERE CAST(COLUMNS(lambda name: name = $star) AS VARCHAR) = $source_id
ORDER BY COLUMNS(lambda name: name = $epoch), catalogue_name
