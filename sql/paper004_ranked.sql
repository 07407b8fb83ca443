-- Makes the temporary table `ranked` of `candidate`: the entry that suits each star best, and whether it suits another better
CREATE OR REPLACE TEMP TABLE ranked AS
WITH judged AS (
    -- Magnitudes that agree within three standard errors, or can not be compared, leave the choice to the
    -- separation; of those that differ more the one that differs least comes first.
    SELECT *, greatest(coalesce(abs(delta_v) / nullif(delta_v_error, 0), 0), 3) AS disagreement
    FROM candidate
), chosen AS (
    SELECT *
    FROM judged
    QUALIFY row_number() OVER (PARTITION BY catalogue_name, star ORDER BY disagreement, separation, entry) = 1
)
SELECT * EXCLUDE (disagreement),
    row_number() OVER (PARTITION BY catalogue_name, entry ORDER BY disagreement, separation, star) > 1 AS claimed
FROM chosen
