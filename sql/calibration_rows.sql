-- One row per parameter of a run of the calibration
-- run_id  the run; NULL for the one that started last
SELECT calibrated.*
FROM results.catalogue_calibration AS calibrated
WHERE calibrated.run_id = coalesce($run_id, (
    SELECT runs.run_id
    FROM provenance.runs AS runs
    WHERE runs.run_id IN (SELECT run_id FROM results.catalogue_calibration)
    ORDER BY runs.started DESC, runs.run_id DESC
    LIMIT 1
))
ORDER BY catalogue_name, term, param, mag_min NULLS FIRST
