-- One row per star of a run of the spectroscopic distances
-- run_id  the run; NULL for the one that started last
-- most    so many rows at most
SELECT
    run_id, source_id, parallax, parallax_error, parallax_zero_point, parallax_spectro, parallax_spectro_error,
    dist, dist_error, true_dist, abs_mag, teff, logg, pull, outlier_probability, flag
FROM results.spectro_distance
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.spectro_distance) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
)) AND dist IS NOT NULL
ORDER BY hash(source_id), source_id
LIMIT $most
