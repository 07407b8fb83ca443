-- Moves the rows of a side to one epoch, and says how far each strays from there between two others
-- source            view of the rows of a side
-- at_epoch_yr       epoch to which they are moved [Julian yr]
-- first_epoch_yr    first epoch at which they will be compared [Julian yr]
-- last_epoch_yr     last epoch at which they will be compared [Julian yr]
-- slow_deg          stray up to which a row is in bin 0; each further bin reaches four times as far [deg]
CREATE OR REPLACE TEMP TABLE placed AS
-- A straight path in space is part of a great circle: a star is never farther from where it is at
-- at_epoch than it is at one of the two ends.
WITH listed AS (
    SELECT * EXCLUDE (hpx29), ra AS listed_ra, dec AS listed_dec, $first_epoch_yr::DOUBLE AS at_epoch
    FROM query_table($source)
    WHERE hpx29 IS NOT NULL AND epoch IS NOT NULL
), at_first AS (
    SELECT * REPLACE (listed_ra AS ra, listed_dec AS dec, $last_epoch_yr::DOUBLE AS at_epoch),
        ra AS first_ra, dec AS first_dec
    FROM moved('listed')
), at_last AS (
    SELECT * REPLACE (listed_ra AS ra, listed_dec AS dec, $at_epoch_yr::DOUBLE AS at_epoch),
        ra AS last_ra, dec AS last_dec
    FROM moved('at_first')
), there AS (
    FROM moved('at_last')
), indexed AS (
    FROM with_hpx29('there')
), straying AS (
    SELECT * REPLACE (
        greatest(separation_deg(ra, dec, first_ra, first_dec), separation_deg(ra, dec, last_ra, last_dec))
            AS stray_deg)
    FROM indexed
)
SELECT * EXCLUDE (listed_ra, listed_dec, at_epoch, first_ra, first_dec, last_ra, last_dec, place_ra, place_dec, bin)
    REPLACE (listed_ra AS ra, listed_dec AS dec), ra AS place_ra, dec AS place_dec,
    CASE WHEN stray_deg <= $slow_deg THEN 0 ELSE 1 + floor(log2(stray_deg / $slow_deg) / 2) END::INTEGER AS bin
FROM straying
