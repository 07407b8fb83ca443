-- Labels of a run of label_joint, together and by the spectrum alone
-- run_id   the run; NULL for the latest
SELECT run_id, source_id, label, param_value, sig_stat, alone_value, alone_sig, truth, unit, simulated
FROM results.label_joint
WHERE run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.label_joint) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
)) AND flag IS NULL
