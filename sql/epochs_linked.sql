-- One row per link: the left star, the right entry, their separation, how many there were, and columns of that entry
-- links   qualified name of a link table
-- entries qualified name of its right table
-- columns names of the columns wanted of an entry
SELECT
    CAST(links.left_id AS VARCHAR) AS obj_id,
    CAST(entries.entry AS VARCHAR) AS entry_id,
    links.separation AS link_separation,
    links.n_candidates,
    entries.* EXCLUDE (entry)
FROM query_table($links) AS links
JOIN (
    SELECT source_id AS entry, COLUMNS(lambda name: list_contains($columns, name))
    FROM query_table($entries)
) AS entries ON links.right_id = entries.entry
