-- Settings, as JSON, of a run that reproduced a paper
-- run_id   the run; NULL for the latest
SELECT runs.settings
FROM provenance.runs AS runs
WHERE runs.run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.reproduction) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
    AND runs.run_id IN (SELECT run_id FROM results.reproduction)
