-- One row per star of a multi-epoch table and row of a list that matches.identifiers connects to its system
-- entries  qualified name of the multi-epoch table
-- list     qualified name of the list
SELECT DISTINCT CAST(e.obj_id AS VARCHAR) AS source_id, l.row_id AS list_id, NULL::DOUBLE AS separation
FROM query_table($entries) e
JOIN matches.identifiers i
    ON i.table_name = concat('catalogs.', e.catalogue_name) AND i.row_id = CAST(e.entry_id AS VARCHAR)
JOIN matches.identifiers l
    ON l.system_id = i.system_id AND l.table_name = $list AND l.relation <> 'position'
    AND (l.object_id IS NULL OR i.object_id IS NULL OR l.object_id = i.object_id)
