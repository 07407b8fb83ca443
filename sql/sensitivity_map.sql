-- One row per cell of a sensitivity map
-- run_id  the run; NULL for the latest
SELECT companion_mass, separation, period, detection, n_star, p_threshold, test, run_id
FROM results.acceleration_sensitivity
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.acceleration_sensitivity) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY companion_mass, separation
