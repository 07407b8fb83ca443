-- One row per star, catalogue and method of a run of the proper-motion anomaly, a million at random of more
-- run_id    the run
SELECT kind, chi2, snr, dv_tan
FROM (
    SELECT concat(catalogue_name, ', ', method) AS kind, chi2, snr, dv_tan
    FROM results.proper_motion_anomaly
    WHERE run_id = $run_id
)
USING SAMPLE reservoir(1000000 ROWS) REPEATABLE (1)
