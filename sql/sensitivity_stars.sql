-- One row per star drawn from a run of the acceleration test, the same for the same seed
-- run_id  the run of the acceleration test
-- seed    number that chooses the stars
-- stars   how many stars at most
SELECT source_id
FROM results.acceleration
WHERE run_id = $run_id AND acc_ra_error IS NOT NULL
ORDER BY md5(concat(source_id, ' ', CAST($seed AS VARCHAR))), source_id
LIMIT $stars
