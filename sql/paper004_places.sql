-- One row per star of a run: where it is, its class and its V
-- run   run_id
SELECT ra, "dec", motion_class, v_mag
FROM results.paper004_star
WHERE run_id = $run
ORDER BY source_id
