-- Simulated stars to draw, of a run
-- stars    name of the rows
-- run_id   the run; NULL for what the table has
SELECT *
FROM query_table($stars)
WHERE $run_id::VARCHAR IS NULL OR run_id = $run_id::VARCHAR
ORDER BY source_id
LIMIT 100000
