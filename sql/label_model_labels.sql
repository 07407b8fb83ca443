-- What each label of one model was trained with, and how well it is found
-- model_id   its name
SELECT *
FROM results.label_model_label
WHERE model_id = $model_id
ORDER BY label
