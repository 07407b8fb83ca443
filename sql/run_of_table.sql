-- The run of a table of results that is read, and how many runs it has; no row where it has no rows of such a run
-- stars    the table
-- run_id   the run; NULL for the latest
SELECT run_id, runs
FROM (SELECT run_id, count(*) OVER () AS runs FROM query_table($stars) GROUP BY run_id)
LEFT JOIN provenance.runs USING (run_id)
WHERE $run_id::VARCHAR IS NULL OR run_id = $run_id::VARCHAR
ORDER BY started DESC NULLS LAST, run_id DESC
LIMIT 1
