-- One row: stars of an acceleration run, those with a test, and those below 0.001
-- run   run_id of the acceleration run
SELECT count(*) AS stars, count(p_acc) AS tested, count(*) FILTER (p_acc < 0.001) AS found
FROM results.acceleration
WHERE run_id = $run
