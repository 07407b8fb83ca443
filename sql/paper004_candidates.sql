-- One row per link: the left row, the right entry, their separation, and columns of that entry
-- links   qualified name of a link table
-- entries qualified name of its right table
-- columns names of the columns wanted of an entry, source_id among them
SELECT
    CAST(links.left_id AS VARCHAR) AS star,
    CAST(links.right_id AS VARCHAR) AS entry,
    links.separation,
    links.n_candidates,
    entries.*
FROM query_table($links) AS links
JOIN (
    SELECT COLUMNS(lambda name: list_contains($columns, name))
    FROM query_table($entries)
) AS entries ON links.right_id = entries.source_id
