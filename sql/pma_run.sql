-- One row: a run of the proper-motion anomaly and the number of its rows
-- run_id    the run; NULL for the latest
SELECT run_id, count(*) AS n_row
FROM results.proper_motion_anomaly
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.proper_motion_anomaly) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
GROUP BY run_id
