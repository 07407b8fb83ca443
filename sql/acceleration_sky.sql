-- One row per star of a run and its place in the multi-epoch table: whether it accelerates, some of either kind
-- run_id   the run
-- table    qualified name of the multi-epoch table
-- star     name of the column that identifies the star
-- rate     false-discovery rate below which a star accelerates
-- p        nominal probability of uniform motion below which it does where the weighting has no rate
-- most     largest number of stars of either kind, chosen by a hash
WITH tested AS (
    SELECT source_id, coalesce(CASE WHEN weighting = 'gls' THEN q_fdr <= $rate ELSE p_lin < $p END, false) AS accelerates
    FROM results.acceleration
    WHERE run_id = $run_id
    QUALIFY row_number() OVER (PARTITION BY accelerates ORDER BY hash(source_id), source_id) <= $most
),
entries AS (
    SELECT CAST(COLUMNS(lambda name: name = $star) AS VARCHAR) AS source_id, ra, dec
    FROM query_table($table)
    WHERE ra IS NOT NULL AND dec IS NOT NULL
)
SELECT source_id, any_value(accelerates) AS accelerates, min_by(ra, dec) AS ra, min(dec) AS dec
FROM tested JOIN entries USING (source_id)
GROUP BY source_id
ORDER BY source_id
