-- One row: the run_id of the run of paper 004's procedure that started last; NULL if there is no run
SELECT (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.paper004_star) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
) AS run_id
