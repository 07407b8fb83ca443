-- One row per catalogue of a multi-epoch table; is_mother where its entries are the stars themselves
-- entries  qualified name of the multi-epoch table
SELECT catalogue_name, bool_and(CAST(entry_id AS VARCHAR) = CAST(obj_id AS VARCHAR) AND link_separation IS NULL)
    AS is_mother
FROM query_table($entries)
WHERE entry_id IS NOT NULL
GROUP BY catalogue_name
ORDER BY catalogue_name
