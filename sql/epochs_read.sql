-- One row per entry of a multi-epoch table, entries of one star together, in the columns that it has
-- table   qualified name of the multi-epoch table
-- columns names of the columns to read
-- star    name of the column that identifies the star
-- epoch   name of the column with the epoch
SELECT COLUMNS(lambda name: list_contains($columns, name))
FROM query_table($table)
ORDER BY COLUMNS(lambda name: name = $star), COLUMNS(lambda name: name = $epoch), catalogue_name
