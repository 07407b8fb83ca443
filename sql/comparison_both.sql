-- One row per pair of a star of a run and a row of a list, by the first way that found it, with what both say
-- stars        qualified name of the table of stars
-- star_columns names of its columns that are read
-- star_rank    its column by which, of several rows of a star, the smallest counts
-- run          run of the stars; NULL for all rows
-- list         qualified name of the list
-- list_columns names of its columns that are read
-- list_rank    its column by which one of several rows of an identifier counts
-- sign         1 if the largest counts, -1 if the smallest
-- list_run     run of the list; NULL for all rows
WITH pair AS (
    SELECT source_id, list_id, arg_min(matched_by, turn) AS matched_by, arg_min(separation, turn) AS separation
    FROM comparison_found
    GROUP BY source_id, list_id
),
star_rows AS (
    SELECT NULL::VARCHAR AS run_id
    WHERE false
    UNION ALL BY NAME
    SELECT
        CAST(source_id AS VARCHAR) AS pair_id,
        COLUMNS(lambda name: name = $star_rank) AS pair_rank,
        COLUMNS(lambda name: list_contains($star_columns, name))
    FROM query_table($stars)
),
star AS (
    SELECT s.pair_id, s AS said
    FROM star_rows s
    WHERE ($run IS NULL OR s.run_id = $run) AND s.pair_id IN (SELECT source_id FROM comparison_found)
    QUALIFY row_number() OVER (PARTITION BY s.pair_id ORDER BY s.pair_rank NULLS LAST, s) = 1
),
list_rows AS (
    SELECT NULL::VARCHAR AS run_id
    WHERE false
    UNION ALL BY NAME
    SELECT
        CAST(source_id AS VARCHAR) AS pair_id,
        TRY_CAST(COLUMNS(lambda name: name = $list_rank) AS DOUBLE) * $sign AS pair_rank,
        COLUMNS(lambda name: list_contains($list_columns, name))
    FROM query_table($list)
),
known AS (
    SELECT l.pair_id, l AS said
    FROM list_rows l
    WHERE ($list_run IS NULL OR l.run_id = $list_run) AND l.pair_id IN (SELECT list_id FROM comparison_found)
    QUALIFY row_number() OVER (PARTITION BY l.pair_id ORDER BY l.pair_rank DESC NULLS LAST, l) = 1
)
SELECT pair.source_id, pair.list_id, pair.matched_by, pair.separation, star.said AS star, known.said AS known
FROM pair
JOIN star ON star.pair_id = pair.source_id
JOIN known ON known.pair_id = pair.list_id
ORDER BY pair.source_id, pair.list_id
