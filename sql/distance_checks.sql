-- One row per check of a run of the spectroscopic distances
-- run_id  the run
SELECT check_kind, item, range_lo, range_hi, n, bias, bias_error, scatter, pull_mean, pull_sd, within_1
FROM results.spectro_distance_check
WHERE run_id = $run_id
ORDER BY check_kind, range_lo NULLS FIRST, item
