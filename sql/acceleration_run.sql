-- One row: a run of the acceleration test, its weighting, the number of its stars and its settings as JSON
-- run_id   the run; NULL for the latest
SELECT tested.run_id, any_value(tested.weighting) AS weighting, count(*) AS stars, any_value(runs.settings) AS settings
FROM results.acceleration AS tested
JOIN provenance.runs AS runs ON runs.run_id = tested.run_id
WHERE tested.run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.acceleration) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
GROUP BY tested.run_id
