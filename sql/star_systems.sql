-- A system and the identifier by which it was found
-- identifier   identifier as it was asked for, in any spelling
-- namespace    catalogue it is from; NULL for any
SELECT DISTINCT system_id, namespace, identifier
FROM matches.identifiers
WHERE search_key = identifier_key($identifier) AND ($namespace::VARCHAR IS NULL OR namespace = $namespace)
ORDER BY ALL
