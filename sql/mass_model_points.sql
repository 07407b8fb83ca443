-- Points of the rotation curves of a run's mass models
-- run_id   the run
SELECT baryons, halo, source, fitted, r, vc, vc_minus, vc_plus, vc_model
FROM results.mass_model_point
WHERE run_id = $run_id
ORDER BY source, r
