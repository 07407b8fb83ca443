-- One row per run that tested a star, the latest first: the run and its settings as JSON
-- source_id  the star
-- run_id     the run; NULL for all
SELECT tested.run_id, runs.settings
FROM results.acceleration AS tested
JOIN provenance.runs AS runs ON runs.run_id = tested.run_id
WHERE tested.source_id = $source_id AND tested.run_id = coalesce($run_id, tested.run_id)
ORDER BY runs.started DESC, tested.run_id DESC
