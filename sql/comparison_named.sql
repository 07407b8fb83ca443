-- One row per star whose own identifier a row of a list has
-- stars      qualified name of the table of stars
-- list       qualified name of the list
-- column     its column with identifiers of the stars' namespace
-- separator  what stands between several in one value; NULL if there is but one
WITH star AS (
    SELECT DISTINCT CAST(source_id AS VARCHAR) AS source_id, identifier_key(CAST(source_id AS VARCHAR)) AS search_key
    FROM query_table($stars)
),
listed AS (
    SELECT
        CAST(source_id AS VARCHAR) AS list_id,
        CAST(COLUMNS(lambda name: name = $column) AS VARCHAR) AS identifiers
    FROM query_table($list)
),
named AS (
    SELECT list_id, unnest(
        CASE WHEN $separator IS NULL THEN [identifiers] ELSE string_split(identifiers, $separator) END
    ) AS identifier
    FROM listed
    WHERE identifiers IS NOT NULL
)
SELECT DISTINCT s.source_id, n.list_id, NULL::DOUBLE AS separation
FROM star s JOIN named n ON identifier_key(n.identifier) = s.search_key
