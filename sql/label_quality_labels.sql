-- Labels of spectra that can be judged: star, spectrum, label, value and claimed error
-- labels   table of labels
-- run_id   the run; NULL for the latest of the table
SELECT source_id, label, param_value, sig_stat, run_id
FROM query_table($labels)
WHERE param_value IS NOT NULL AND flag IS NULL AND run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM query_table($labels)) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY label, source_id, param_value
