-- The line through a rotation curve as adopted
-- run_id   the run
SELECT r0, vc_r0, slope, e_vc_r0, e_slope
FROM results.rotation_line
WHERE run_id = $run_id AND assumption = 'adopted'
