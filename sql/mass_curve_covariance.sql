-- Covariances of the bins of a run's rotation curve
-- run_id   the run
SELECT bin_i, bin_j, cov_stat, cov
FROM results.rotation_cov
WHERE run_id = $run_id
