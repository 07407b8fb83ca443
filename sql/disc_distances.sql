-- Distances by identifier: of the latest run, where the table has runs
-- stars   name of the rows: source_id, dist, dist_error, run_id (NULL where there are no runs)
SELECT source_id, dist, dist_error
FROM query_table($stars)
WHERE source_id IS NOT NULL AND dist IS NOT NULL AND run_id IS NOT DISTINCT FROM (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM query_table($stars)) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
)
