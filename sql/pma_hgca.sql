-- One row per star of a table of HGCA with its three motions, and what was added to them locally
-- table   qualified name of the table
SELECT
    CAST(source_id AS INTEGER) AS hip,
    pmra_hg, pmdec_hg, pmra_hg_error, pmdec_hg_error, pmra_pmdec_hg,
    pmra, pmdec, pmra_error, pmdec_error, pmra_pmdec_corr,
    pmra_hip, pmdec_hip, pmra_hip_error, pmdec_hip_error, pmra_pmdec_hip,
    crosscal_pmra_hip, crosscal_pmdec_hip, crosscal_pmra_hg, crosscal_pmdec_hg,
    epoch_ra_gaia, epoch_dec_gaia, epoch_ra_hip, epoch_dec_hip,
    parallax, parallax_error, radial_velocity, chisq
FROM query_table($table)
WHERE pmra_hg IS NOT NULL AND pmra IS NOT NULL
ORDER BY hip
