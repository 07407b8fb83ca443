-- One row per run of a table of results, the one that started last first
-- table  qualified name of the table
SELECT run_id
FROM (SELECT DISTINCT run_id FROM query_table($table)) LEFT JOIN provenance.runs USING (run_id)
ORDER BY started DESC NULLS LAST, run_id DESC
