-- One row per catalogue of a multi-epoch table: how many of its entries have a proper motion with errors
-- table  qualified name of the multi-epoch table
WITH listed AS (
    SELECT
        NULL::DOUBLE AS pmra, NULL::DOUBLE AS pmdec, NULL::DOUBLE AS pmra_error, NULL::DOUBLE AS pmdec_error,
        NULL::VARCHAR AS catalogue_name
    WHERE false
    UNION ALL BY NAME
    SELECT COLUMNS(lambda name: list_contains(
        ['pmra', 'pmdec', 'pmra_error', 'pmdec_error', 'catalogue_name'], name
    ))
    FROM query_table($table)
)
SELECT
    catalogue_name,
    count(*) FILTER (WHERE pmra IS NOT NULL AND pmdec IS NOT NULL AND pmra_error > 0 AND pmdec_error > 0) AS n_motion
FROM listed
WHERE catalogue_name IS NOT NULL
GROUP BY catalogue_name
ORDER BY catalogue_name
