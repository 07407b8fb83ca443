-- Bounds of labels of a run of label_information, in the order of spectrograph, resolving power and S/N
-- run_id   the run; NULL for the latest
SELECT run_id, survey, model, simulated, resolution, snr, label, crlb, unit
FROM results.label_information
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.label_information) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY survey, resolution, snr, label
