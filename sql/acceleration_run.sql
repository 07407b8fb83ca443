-- One row per star of a run of the acceleration test: what the picture of the ensemble shows
-- run_id   the run; NULL for the latest
SELECT source_id, dof, chi2_lin, p_lin, p_acc, weighting, run_id
FROM results.acceleration
WHERE run_id = coalesce($run_id, (SELECT max(run_id) FROM results.acceleration))
ORDER BY source_id
