-- Good fits of the cross-validation of a model: label given and found
-- model_id   the model
SELECT source_id, label, given, param_value, sig_stat
FROM results.label_validation
WHERE model_id = $model_id AND flag IS NULL AND given IS NOT NULL AND param_value IS NOT NULL
ORDER BY label, source_id
