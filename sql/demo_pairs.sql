-- A pair of a link table
-- pairs   qualified name of the link table
SELECT left_id, right_id, separation, n_candidates
FROM query_table($pairs)
ORDER BY left_id, separation, right_id
