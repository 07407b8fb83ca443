-- Identifiers that are spelled most like one that is not there
-- identifier   identifier as it was asked for, in any spelling
-- namespace    catalogue it is from; NULL for any
SELECT namespace, identifier
FROM (
    SELECT namespace, any_value(identifier) AS identifier,
        damerau_levenshtein(search_key, identifier_key($identifier)) AS steps
    FROM matches.identifiers
    WHERE namespace IS NOT NULL AND ($namespace::VARCHAR IS NULL OR namespace = $namespace)
        AND abs(length(search_key) - length(identifier_key($identifier))) <= 2
    GROUP BY namespace, search_key
)
WHERE steps <= 3
ORDER BY steps, identifier, namespace
LIMIT 5
