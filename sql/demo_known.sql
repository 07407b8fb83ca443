-- One row per star of a run of the comparison that a list of binaries knows, with what each list knows
-- run_id  the run of the comparison
SELECT
    TRY_CAST(source_id AS INTEGER) AS hip,
    string_agg(DISTINCT split_part(list_name, '.', 2), ', ' ORDER BY split_part(list_name, '.', 2)) AS lists,
    min(known_period) AS period_yr, max(known_chi2) AS hgca_chi2,
    any_value(p) AS p_acc, any_value(motion_class) AS motion_class
FROM results.acceleration_comparison
WHERE run_id = $run_id AND claimed AND list_name LIKE 'catalogs.%'
GROUP BY source_id
ORDER BY motion_class, p_acc NULLS LAST, hip
