-- An identifier of a row of a system, rows by their own identifiers first
-- system   the system's number
SELECT namespace, identifier, table_name, row_id, object_id, relation, separation
FROM matches.identifiers
WHERE system_id = $system
ORDER BY object_id NULLS LAST, table_name, row_id,
    list_position(['own', 'listed', 'position', 'system'], relation), namespace, identifier
