-- The ephemerides in one run of them that have a place: of one pair, or one row of any
-- run_id      the run; NULL for the latest
-- source_id   the pair; NULL for any
SELECT orbit_number, epoch, theta, rho, run_id
FROM results.orb6_ephemeris
WHERE theta IS NOT NULL AND source_id = coalesce($source_id, source_id)
    AND run_id = coalesce($run_id, (
        SELECT run_id
        FROM (SELECT DISTINCT run_id FROM results.orb6_ephemeris) LEFT JOIN provenance.runs USING (run_id)
        ORDER BY started DESC NULLS LAST, run_id DESC
        LIMIT 1
    ))
ORDER BY orbit_number, epoch
LIMIT CASE WHEN $source_id IS NULL THEN 1 ELSE 1000000 END
