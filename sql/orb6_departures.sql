-- Departures from the tangent plane of the best orbits in one run, the largest first
-- run_id   the run; NULL for the latest
SELECT e.source_id, e.v1, e.max_difference, e.t0, e.window_begin, e.window_end, e.run_id
FROM results.orb6_exact e
WHERE e.orbit_number = 1 AND e.max_difference IS NOT NULL
    AND e.run_id = coalesce($run_id, (
        SELECT run_id
        FROM (SELECT DISTINCT run_id FROM results.orb6_exact) LEFT JOIN provenance.runs USING (run_id)
        ORDER BY started DESC NULLS LAST, run_id DESC
        LIMIT 1
    ))
ORDER BY e.max_difference DESC, e.source_id
