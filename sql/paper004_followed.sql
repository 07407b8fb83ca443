-- One row: stars with entries in the intermediary; with one in every catalogue; and with one there but for magnitudes
-- run       run_id of the matches
-- wanted    names of the catalogues that count
-- through   name of the intermediary
WITH counted AS (
    SELECT source_id,
        count(*) FILTER (fate = 'kept' AND list_contains($wanted, catalogue_name)) AS kept,
        count(*) FILTER (fate IN ('kept', 'magnitude') AND list_contains($wanted, catalogue_name)) AS found,
        bool_or(fate = 'kept' AND catalogue_name = $through) AS linked
    FROM results.paper004_match
    WHERE run_id = $run
    GROUP BY source_id
)
SELECT count(*) AS stars,
    count(*) FILTER (linked) AS linked,
    count(*) FILTER (kept = len($wanted)) AS complete,
    count(*) FILTER (found = len($wanted)) AS complete_without_cut
FROM counted
