-- One row per star of HGCA's tables whose statistic was computed: ours from its own columns or from the catalogues' rows
-- run_id     the run of the proper-motion anomaly
-- published  qualified name of the table with the published chi2
SELECT a.method, a.hip, a.chi2, coalesce(a.chi2_published, p.chisq) AS published, coalesce(a.flags, '') AS flags
FROM results.proper_motion_anomaly a
LEFT JOIN query_table($published) p ON p.source_id = a.hip
WHERE a.run_id = $run_id AND a.catalogue_name IN ('gaia_dr3', 'gaia_edr3') AND a.method <> 'positions'
    AND (a.chi2_published IS NOT NULL OR p.chisq IS NOT NULL)
ORDER BY a.method, a.hip
