-- One row per cell of a sensitivity map
-- run_id  the run; NULL for the latest
SELECT companion_mass, separation, period, detection, n_star, p_threshold, test, run_id
FROM results.acceleration_sensitivity
WHERE run_id = coalesce($run_id, (SELECT max(run_id) FROM results.acceleration_sensitivity))
ORDER BY companion_mass, separation
