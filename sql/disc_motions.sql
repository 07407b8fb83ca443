-- Astrometry of stars that another table has, by the links of a match: of several links the nearest
-- stars   name of that table's rows: source_id and the astrometry
-- link    the match, the stars on its left
SELECT l.left_id::VARCHAR AS star, s.* EXCLUDE (source_id)
FROM query_table($link) l JOIN query_table($stars) s ON s.source_id = l.right_id::VARCHAR
QUALIFY row_number() OVER (PARTITION BY l.left_id ORDER BY l.separation, l.right_id) = 1
