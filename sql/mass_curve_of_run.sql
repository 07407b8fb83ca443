-- Points of the rotation curve of a run, and the settings of that run as JSON
-- run_id   the run; NULL for the latest
SELECT run_id, stars, bin_id, r_mean, vc, e_stat, settings
FROM results.rotation_curve LEFT JOIN provenance.runs USING (run_id)
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.rotation_curve) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY r_mean, bin_id
