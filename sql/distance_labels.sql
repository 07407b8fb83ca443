-- The labels of each star that is matched with a spectrum, by its best good spectrum
-- links  links of spectra (left_id: spec_id) with stars (right_id)
-- run_id  run of star_labels; NULL for the one that started last
WITH spectra AS (
    SELECT
        spec_id,
        max(param_value) FILTER (WHERE label = 'teff') AS teff,
        max(param_value) FILTER (WHERE label = 'logg') AS logg,
        max(param_value) FILTER (WHERE label IN ('fe_h', 'feh', 'm_h')) AS fe_h,
        max(param_value) FILTER (WHERE label IN ('alpha_fe', 'alpha_m')) AS alpha_fe,
        max(sqrt(sig_stat ** 2 + coalesce(sig_sys, 0) ** 2)) FILTER (WHERE label = 'teff') AS teff_error,
        max(sqrt(sig_stat ** 2 + coalesce(sig_sys, 0) ** 2)) FILTER (WHERE label = 'logg') AS logg_error,
        max(sqrt(sig_stat ** 2 + coalesce(sig_sys, 0) ** 2)) FILTER (WHERE label IN ('fe_h', 'feh', 'm_h')) AS fe_h_error,
        max(sqrt(sig_stat ** 2 + coalesce(sig_sys, 0) ** 2)) FILTER (WHERE label IN ('alpha_fe', 'alpha_m')) AS alpha_fe_error
    FROM results.star_label
    WHERE flag IS NULL AND run_id = coalesce($run_id, (
        SELECT run_id
        FROM (SELECT DISTINCT run_id FROM results.star_label) LEFT JOIN provenance.runs USING (run_id)
        ORDER BY started DESC NULLS LAST, run_id DESC
        LIMIT 1
    ))
    GROUP BY spec_id
)
SELECT
    links.right_id::VARCHAR AS star, spectra.*
FROM query_table($links) AS links
JOIN spectra ON spectra.spec_id = links.left_id::VARCHAR
QUALIFY row_number() OVER (
    PARTITION BY links.right_id ORDER BY spectra.logg_error NULLS LAST, spectra.teff_error NULLS LAST, spectra.spec_id
) = 1
