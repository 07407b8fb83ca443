-- Moves the rows of a side to one epoch, where they are matched
-- source            view of the rows of a side
-- at_epoch_yr       the epoch [Julian yr]
CREATE OR REPLACE TEMP TABLE placed AS
WITH listed AS (
    SELECT * EXCLUDE (hpx29), ra AS listed_ra, dec AS listed_dec, $at_epoch_yr::DOUBLE AS at_epoch
    FROM query_table($source)
    WHERE hpx29 IS NOT NULL AND epoch IS NOT NULL
), there AS (
    FROM moved('listed')
), indexed AS (
    FROM with_hpx29('there')
)
SELECT * EXCLUDE (listed_ra, listed_dec, at_epoch, place_ra, place_dec)
    REPLACE (listed_ra AS ra, listed_dec AS dec), ra AS place_ra, dec AS place_dec
FROM indexed
