-- One row per star and row of a list of a run of the comparison, some of each list, chosen by a hash
-- run_id  the run
-- most    largest number of rows of a list
SELECT list_name, source_id, motion_class, known_period, known_angle, known_size
FROM results.acceleration_comparison
WHERE run_id = $run_id
QUALIFY row_number() OVER (PARTITION BY list_name ORDER BY hash(source_id, list_id), source_id, list_id) <= $most
ORDER BY list_name, source_id, list_id
