-- The labels of a run of star_labels, those of one star or all
-- run_id      the run; NULL for the latest
-- source_id   the star, or the spectrum; NULL for all
SELECT run_id, model_id, spec_id, source_id, label, param_value, sig_stat, chi2, dof, hull_dist, flag
FROM results.star_label
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.star_label) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
)) AND ($source_id::VARCHAR IS NULL OR source_id = $source_id::VARCHAR OR spec_id = $source_id::VARCHAR)
LIMIT 400000
