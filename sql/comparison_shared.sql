-- One row per star of a multi-epoch table and row of a list that have an identifier in common
-- entries     qualified name of the multi-epoch table
-- catalogues  names of the catalogues whose own identifiers are of the namespace
-- list        qualified name of the list
-- column      its column with identifiers of that namespace
-- separator   what stands between several in one value; NULL if there is but one
WITH star AS (
    SELECT DISTINCT CAST(obj_id AS VARCHAR) AS source_id, identifier_key(CAST(entry_id AS VARCHAR)) AS search_key
    FROM query_table($entries)
    WHERE list_contains($catalogues, catalogue_name) AND entry_id IS NOT NULL
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
