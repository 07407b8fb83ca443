-- The settings of a run of the calibration as JSON, and the catalogue that it left as it is
-- run_id  the run
SELECT runs.settings, any_value(calibrated.reference_catalogue) AS reference_catalogue
FROM results.catalogue_calibration AS calibrated
JOIN provenance.runs AS runs ON runs.run_id = calibrated.run_id
WHERE calibrated.run_id = $run_id
GROUP BY runs.settings
