-- One row per catalogue of a run: what became of the mother's stars in it
-- run       run_id of the matches
SELECT catalogue_name,
    count(*) FILTER (fate = 'kept') AS kept,
    count(*) FILTER (fate = 'no_candidate') AS no_candidate,
    count(*) FILTER (fate = 'claimed') AS claimed,
    count(*) FILTER (fate = 'unusable') AS unusable,
    count(*) FILTER (fate = 'magnitude') AS magnitude,
    count(*) FILTER (n_candidates > 1) AS ambiguous,
    count(delta_v) FILTER (fate IN ('kept', 'magnitude')) AS compared
FROM results.paper004_match
WHERE run_id = $run
GROUP BY catalogue_name
ORDER BY catalogue_name
