-- One row per kept entry of a catalogue, for stars with enough of them: the star, the entry, and columns of it
-- run       run_id of the matches
-- catalogue name of the catalogue
-- wanted    names of the catalogues that count
-- fewest    fewest entries of a star
-- links     qualified name of the link table that leads to the catalogue
-- entries   qualified name of the catalogue
-- columns   names of the columns wanted of an entry
WITH kept AS (
    SELECT source_id, catalogue_name, entry_id, separation, n_candidates
    FROM results.paper004_match
    WHERE run_id = $run AND fate = 'kept' AND list_contains($wanted, catalogue_name)
), followed AS (
    SELECT source_id FROM kept GROUP BY source_id HAVING count(*) >= $fewest
), linked AS (
    -- By the identifier's own type first: it is cheaper than text, and few are left.
    SELECT source_id AS entry, COLUMNS(lambda name: list_contains($columns, name))
    FROM query_table($entries)
    WHERE source_id IN (SELECT right_id FROM query_table($links))
)
SELECT k.source_id AS obj_id, k.entry_id, k.separation AS link_separation, k.n_candidates,
    linked.* EXCLUDE (entry)
FROM kept AS k
JOIN followed USING (source_id)
JOIN linked ON CAST(linked.entry AS VARCHAR) = k.entry_id
WHERE k.catalogue_name = $catalogue
