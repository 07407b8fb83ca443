-- One row per star of a run of the acceleration test, a million at random of more: what the picture shows
-- run_id   the run
SELECT dof, chi2_lin, p_lin, p_acc, p_jerk
FROM (SELECT * FROM results.acceleration WHERE run_id = $run_id)
USING SAMPLE reservoir(1000000 ROWS) REPEATABLE (1)
