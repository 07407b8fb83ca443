-- Circular velocities of the components of a run's mass models
-- run_id   the run; NULL for the latest
SELECT run_id, curve, baryons, halo, component, r, vc, vc_lo68, vc_hi68
FROM results.mass_model_curve
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.mass_model_curve) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY baryons, halo, component, r
