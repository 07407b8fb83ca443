-- Measures, predictions and residuals of one orbit, in the order of time
-- run_id  the run; NULL for the latest
-- obj_id  the binary; NULL for any
SELECT obj_id, epoch, kind, instrument, observed, computed, residual, sig, used, run_id
FROM results.orbit_residual
WHERE run_id = coalesce($run_id, (SELECT max(run_id) FROM results.orbit_residual WHERE obj_id = coalesce($obj_id, obj_id)))
  AND obj_id = coalesce($obj_id, obj_id)
ORDER BY epoch
