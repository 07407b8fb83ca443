-- Errors of each method and label in a run of label_experiment
-- run_id   the run; NULL for the latest
SELECT run_id, method, label, rms, crlb, ratio, ratio_model
FROM results.label_experiment
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.label_experiment) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
