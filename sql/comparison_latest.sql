-- The latest run of a table of results, by the order of run ids
-- table  qualified name of the table
SELECT max(run_id) FROM query_table($table)
