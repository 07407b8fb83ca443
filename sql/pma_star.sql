-- One row per catalogue and method of a star in a run of the proper-motion anomaly
-- run_id    the run
-- source_id the star
SELECT
    concat(catalogue_name, ', ', method) AS kind,
    pma_ra, pma_dec, pma_ra_error, pma_dec_error, pma_ra_pma_dec_corr
FROM results.proper_motion_anomaly
WHERE run_id = $run_id AND source_id = $source_id
ORDER BY method, catalogue_name
