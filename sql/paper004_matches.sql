-- One row per star of the mother and catalogue: the entry that was chosen, and what became of it
-- mother    qualified name of the mother
-- through   name of the intermediary
-- links     qualified name of the links from the mother to the intermediary
-- sample    qualified name of the stars that have an entry in the intermediary
-- wanted    names of the catalogues that were matched with the intermediary
-- cut       greatest difference of V in standard errors; NULL for no cut
-- run       run_id of the rows
WITH found AS (
    SELECT star AS source_id, catalogue_name, entry AS entry_id, separation, n_candidates, v_mag, v_mag_error,
        delta_v, delta_v_error, claimed, usable
    FROM ranked
), expected AS (
    SELECT s.source_id, w.catalogue_name
    FROM query_table($sample) AS s CROSS JOIN (SELECT unnest($wanted) AS catalogue_name) AS w
), through_rows AS (
    SELECT source_id, $through AS catalogue_name, through_id AS entry_id, separation, n_candidates,
        v_mag, v_mag_error, 'kept' AS fate
    FROM query_table($sample)
), lost AS (
    -- Stars of the mother without an entry of their own in the intermediary.
    SELECT CAST(m.source_id AS VARCHAR) AS source_id, $through AS catalogue_name,
        CASE WHEN l.left_id IS NULL THEN 'no_candidate' ELSE 'claimed' END AS fate
    FROM query_table($mother) AS m
    LEFT JOIN (SELECT DISTINCT left_id FROM query_table($links)) AS l ON l.left_id = m.source_id
    ANTI JOIN query_table($sample) AS s ON s.source_id = CAST(m.source_id AS VARCHAR)
), rows_ AS (
    SELECT e.source_id, e.catalogue_name, f.* EXCLUDE (source_id, catalogue_name, claimed, usable),
        CASE WHEN f.entry_id IS NULL THEN 'no_candidate'
             WHEN f.claimed THEN 'claimed'
             WHEN NOT f.usable THEN 'unusable'
             WHEN abs(f.delta_v) > $cut::DOUBLE * f.delta_v_error THEN 'magnitude'
             ELSE 'kept' END AS fate
    FROM expected AS e LEFT JOIN found AS f
        ON f.source_id = e.source_id AND f.catalogue_name = e.catalogue_name
    UNION ALL BY NAME FROM through_rows
    UNION ALL BY NAME FROM lost
)
SELECT *, $run AS run_id FROM rows_ ORDER BY catalogue_name, source_id
