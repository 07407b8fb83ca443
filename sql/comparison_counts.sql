-- One row per list and class of a run of the comparison: how many rows
-- run_id  the run; NULL for the latest
SELECT list_name, motion_class, count(*) AS n_row, run_id
FROM results.acceleration_comparison
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.acceleration_comparison) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
GROUP BY list_name, motion_class, run_id
ORDER BY list_name, motion_class
