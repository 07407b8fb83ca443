-- One row per entry of a multi-epoch table, entries of one star together, in the columns that it has
-- table   qualified name of the multi-epoch table
-- columns names of the columns to read
SELECT COLUMNS(lambda name: list_contains($columns, name))
FROM query_table($table)
ORDER BY obj_id, epoch, catalogue_name
