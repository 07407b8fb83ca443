-- Which rows of a table are the stars with a number in Hipparcos, by matches.identifiers
-- table   qualified name of the table
SELECT DISTINCT TRY_CAST(h.identifier AS INTEGER) AS hip, r.row_id
FROM matches.identifiers h JOIN matches.identifiers r USING (object_id)
WHERE h.namespace = 'HIP' AND h.relation <> 'system' AND r.table_name = $table AND r.relation IN ('own', 'position')
ORDER BY hip, r.row_id
