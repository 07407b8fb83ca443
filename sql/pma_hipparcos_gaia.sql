-- One row per star of a multi-epoch table that is in Gaia and in a reduction of Hipparcos, numbers as lists
-- table   qualified name of the multi-epoch table
-- star    name of the column that identifies the star
-- epoch   name of the column with the epoch
-- gaia    catalogue_name of Gaia's entries
-- new     catalogue_name of the entries of the new reduction of Hipparcos
-- old     catalogue_name of the entries of the first reduction
WITH named AS (
    SELECT
        CAST(COLUMNS(lambda name: name = $star) AS VARCHAR) AS star,
        COLUMNS(lambda name: name = $epoch) AS epoch_yr,
        *
    FROM query_table($table)
),
numbered AS (
    SELECT
        star, catalogue_name, entry_id, radial_velocity,
        [epoch_yr, ra, dec, parallax, pmra, pmdec,
         ra_error, dec_error, parallax_error, pmra_error, pmdec_error,
         ra_dec_corr, ra_parallax_corr, ra_pmra_corr, ra_pmdec_corr, dec_parallax_corr,
         dec_pmra_corr, dec_pmdec_corr, parallax_pmra_corr, parallax_pmdec_corr, pmra_pmdec_corr] AS numbers
    FROM named
)
SELECT
    g.star AS source_id,
    TRY_CAST(coalesce(n.entry_id, o.entry_id) AS INTEGER) AS hip,
    coalesce(g.radial_velocity, n.radial_velocity, o.radial_velocity) AS radial_velocity,
    g.numbers AS gaia,
    coalesce(n.numbers, list_resize([]::DOUBLE[], 21)) AS new,
    coalesce(o.numbers, list_resize([]::DOUBLE[], 21)) AS old
FROM numbered g
LEFT JOIN numbered n ON n.star = g.star AND n.catalogue_name = $new
LEFT JOIN numbered o ON o.star = g.star AND o.catalogue_name = $old
WHERE g.catalogue_name = $gaia AND (n.star IS NOT NULL OR o.star IS NOT NULL)
ORDER BY g.star
