-- One row per other assumption and bin of a rotation curve: by how much vc changes
-- run_id   the run
SELECT assumption, change, r_mean, dvc
FROM results.rotation_systematic
WHERE run_id = $run_id
ORDER BY assumption, change, bin_id
