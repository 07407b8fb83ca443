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
WHERE run_id = coalesce($run_id, (SELECT max(run_id) FROM results.injection_recovery))
ORDER BY measure, criterion, quantity, bin_low
