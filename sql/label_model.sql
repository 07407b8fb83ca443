-- The row of one model of stellar labels
-- model_id   its name
SELECT *
FROM results.label_model
WHERE model_id = $model_id
