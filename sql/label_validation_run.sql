-- The cross-validation of a run of label_training
-- run_id   the run; NULL for the latest
SELECT run_id, model_id, spec_id, source_id, label, given, param_value, sig_stat, flag
FROM results.label_validation
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.label_validation WHERE part IS NOT NULL)
    LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
)) AND part IS NOT NULL
ORDER BY label, spec_id
