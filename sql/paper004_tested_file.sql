-- One row per star of a file that was fitted (temporary table `fitted`); its name there is that of Gaia DR3
-- run     run_id of the fit
SELECT f.*, f.source_id AS gaia_id, hpx29(f.ra, f.dec) AS hpx29, $run AS run_id
FROM fitted AS f
