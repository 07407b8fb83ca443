-- One link of the published table, but for matches that are nearest both ways
-- best_right   whether only the nearest right row of each left row stays
SELECT p.*, coalesce(l.n, 1)::INTEGER AS n_candidates
FROM pairs p LEFT JOIN crowded_left l USING (left_id)
WHERE NOT $best_right::BOOLEAN OR l.best IS NULL OR l.best = p.right_id
