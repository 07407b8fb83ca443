-- What was found of the labels in a run of label_quality
-- run_id   the run; NULL for the latest
SELECT *
FROM results.label_quality
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.label_quality) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
