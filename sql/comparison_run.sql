-- One row per star and row of a list of a run of the comparison
-- run_id  the run; NULL for the latest
SELECT *
FROM results.acceleration_comparison
WHERE run_id = coalesce($run_id, (SELECT max(run_id) FROM results.acceleration_comparison))
ORDER BY list_name, source_id, list_id
