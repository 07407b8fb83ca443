-- One row per kept star of the mother with enough entries: the star, itself as entry, and columns of it
-- run       run_id of the matches
-- catalogue name of the mother
-- wanted    names of the catalogues that count
-- fewest    fewest entries of a star
-- entries   qualified name of the mother
-- columns   names of the columns wanted of an entry
WITH kept AS (
    SELECT source_id, catalogue_name, n_candidates
    FROM results.paper004_match
    WHERE run_id = $run AND fate = 'kept' AND list_contains($wanted, catalogue_name)
), followed AS (
    SELECT source_id FROM kept GROUP BY source_id HAVING count(*) >= $fewest
)
SELECT k.source_id AS obj_id, k.source_id AS entry_id, CAST(NULL AS DOUBLE) AS link_separation, k.n_candidates,
    stars.* EXCLUDE (entry)
FROM kept AS k
JOIN followed USING (source_id)
JOIN (
    SELECT CAST(source_id AS VARCHAR) AS entry, COLUMNS(lambda name: list_contains($columns, name))
    FROM query_table($entries)
) AS stars ON stars.entry = k.source_id
WHERE k.catalogue_name = $catalogue
