-- The name of each model of stellar labels, the one trained last first
SELECT model_id
FROM results.label_model LEFT JOIN provenance.runs USING (run_id)
ORDER BY started DESC NULLS LAST, run_id DESC, model_id
