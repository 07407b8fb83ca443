-- Whose lines abundances are read from, of each method and training set of a run
-- run_id   the run
SELECT method, training, label, own_response, leak, verdict
FROM results.label_line_test
WHERE run_id = $run_id
ORDER BY training DESC, method, label
