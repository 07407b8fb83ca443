-- One link of the published table
-- best_right   whether only the nearest right row of each left row stays
-- best_left    whether only the nearest left row of each right row stays
SELECT p.*, coalesce(l.n, 1)::INTEGER AS n_candidates
FROM pairs p
LEFT JOIN crowded_left l USING (left_id)
LEFT JOIN crowded_right r ON p.right_id = r.right_id
WHERE (NOT $best_right::BOOLEAN OR l.best IS NULL OR l.best = p.right_id)
    AND (NOT $best_left::BOOLEAN OR r.best IS NULL OR r.best = p.left_id)
