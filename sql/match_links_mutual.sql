-- One link of the published table, of two rows that are each the other's nearest
SELECT p.*, coalesce(l.n, 1)::INTEGER AS n_candidates
FROM pairs p
LEFT JOIN crowded_left l USING (left_id)
LEFT JOIN crowded_right r ON p.right_id = r.right_id
WHERE (l.best IS NULL OR l.best = p.right_id) AND (r.best IS NULL OR r.best = p.left_id)
