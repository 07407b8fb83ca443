-- One row per star, catalogue and method of a run of the proper-motion anomaly
-- run_id    the run; NULL for the latest
-- source_id the star; NULL for all
SELECT source_id, catalogue_name, method, pma_ra, pma_dec, pma_ra_error, pma_dec_error, pma_ra_pma_dec_corr,
    chi2, p_pma, snr, dv_tan, run_id
FROM results.proper_motion_anomaly
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.proper_motion_anomaly) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
    AND source_id = coalesce($source_id, source_id)
ORDER BY source_id, method, catalogue_name
