-- One row: the run_id of the latest run of paper 004's procedure
SELECT max(run_id) AS run_id
FROM results.paper004_star
