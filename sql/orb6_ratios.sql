-- Mass ratios of pairs, and whether a pair has several
-- table   qualified name of a table with source_id (of the pair) and mass_ratio
SELECT CAST(source_id AS VARCHAR) AS source_id, min(CAST(mass_ratio AS DOUBLE)) AS mass_ratio,
    count(DISTINCT mass_ratio) > 1 AS several
FROM query_table($table)
WHERE mass_ratio IS NOT NULL
GROUP BY 1
ORDER BY 1
