-- One row: how many rows of a run have a value, its range as far as it is a number, stars, and the weighting
-- table   qualified name of the table of stars
-- column  name of the column with the value
-- run     the run; NULL for all rows
WITH listed AS (
    SELECT NULL::VARCHAR AS run_id, NULL::VARCHAR AS weighting
    WHERE false
    UNION ALL BY NAME
    SELECT
        CAST(source_id AS VARCHAR) AS star_id,
        COLUMNS(lambda name: name = $column) AS tested_value,
        COLUMNS(lambda name: list_contains(['source_id', 'run_id', 'weighting'], name))
    FROM query_table($table)
)
SELECT
    count(*) AS n_row,
    count(DISTINCT star_id) AS n_star,
    count(tested_value) AS n_tested,
    min(TRY_CAST(tested_value AS DOUBLE)) AS low,
    max(TRY_CAST(tested_value AS DOUBLE)) AS high,
    any_value(weighting) AS weighting
FROM listed
WHERE $run IS NULL OR run_id = $run
