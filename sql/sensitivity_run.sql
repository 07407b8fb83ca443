-- One run of the acceleration test with gls: its settings, the stars tested, the largest p_acc with q_fdr <= q
-- run_id  the run; NULL for the latest
-- q       false-discovery rate; NULL if not asked
SELECT
    a.run_id, any_value(r.settings) AS settings, count(a.p_acc) AS tested,
    max(a.p_acc) FILTER (WHERE a.q_fdr <= $q) AS p_of_q
FROM results.acceleration a JOIN provenance.runs r USING (run_id)
WHERE a.weighting = 'gls' AND a.run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.acceleration WHERE weighting = 'gls') LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
GROUP BY a.run_id
