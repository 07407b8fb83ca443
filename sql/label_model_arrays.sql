-- The arrays of numbers that one model of stellar labels is made of
-- model_id   its name
SELECT array_name, shape, entries
FROM results.label_model_array
WHERE model_id = $model_id
ORDER BY array_name
