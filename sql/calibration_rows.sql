-- One row per parameter of a run of the calibration
-- run_id  the run; NULL for the one that started last
SELECT calibrated.*
FROM results.catalogue_calibration AS calibrated
WHERE calibrated.run_id = coalesce($run_id, (
    SELECT run_id
    FROM (SELECT DISTINCT run_id FROM results.catalogue_calibration) LEFT JOIN provenance.runs USING (run_id)
    ORDER BY started DESC NULLS LAST, run_id DESC
    LIMIT 1
))
ORDER BY catalogue_name, term, param, mag_min NULLS FIRST
