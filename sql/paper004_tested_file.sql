-- One row per star of a file that was fitted (temporary table `fitted`); its name is that of Gaia DR3, or another
-- run     run_id of the fit
SELECT f.*, CASE WHEN starts_with(f.source_id, 'Gaia DR3 ') THEN f.source_id END AS gaia_id,
    hpx29(f.ra, f.dec) AS hpx29, $run AS run_id
FROM fitted AS f
