-- Stars whose places and motions in the Galaxy are asked for: of the latest run, where the table has runs
-- stars   name of the rows; their run_id is NULL where there are no runs
SELECT * EXCLUDE (run_id)
FROM query_table($stars)
WHERE run_id IS NOT DISTINCT FROM (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM query_table($stars)) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
)
