-- Settings, as JSON, of a run that reproduced a paper
-- run_id   the run; NULL for the latest
SELECT runs.settings
FROM provenance.runs AS runs
WHERE runs.run_id = coalesce($run_id, (SELECT max(run_id) FROM results.reproduction))
    AND runs.run_id IN (SELECT run_id FROM results.reproduction)
