-- One row per rate of an injection run, in the order of its curves: what the picture shows
-- run_id   the run; NULL for the latest
SELECT
    kind,
    measure,
    criterion,
    quantity,
    bin_low,
    bin_high,
    rate,
    rate_low,
    rate_high,
    predicted,
    run_id
FROM results.injection_recovery
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.injection_recovery) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY measure, criterion, quantity, bin_low
