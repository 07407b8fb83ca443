-- One row: the latest run of a table of stars, how many there are, and how many of its rows repeat an identifier
-- stars   name of the rows: source_id, run_id (NULL where there are no runs)
SELECT run_id, count(source_id) - count(DISTINCT source_id) AS repeated,
    (SELECT count(DISTINCT run_id) FROM query_table($stars)) AS runs
FROM query_table($stars)
WHERE run_id IS NOT DISTINCT FROM (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM query_table($stars)) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
)
GROUP BY run_id
