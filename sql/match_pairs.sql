-- Finds the pairs of left and right positions within a radius below 10 deg
-- shift             twice the difference of order 29 and the order of the cells
-- expand_left       whether the expanded rows are left ones (else right ones)
-- dec_limit_deg     radius, rounded up [deg]
-- half_chord2       square of the sine of half the radius
-- left_epoch_yr     epoch of every left position [Julian yr], NULL if unknown
-- right_epoch_yr    epoch of every right position [Julian yr], NULL if unknown
-- match_epoch_yr    epoch at which positions were compared [Julian yr], NULL if as listed
CREATE OR REPLACE TEMP TABLE pairs AS
WITH left_cells AS (
    SELECT id, ra, dec, hpx29 >> $shift::INTEGER AS cell FROM left_points
    UNION ALL SELECT id, ra, dec, cell FROM expanded WHERE $expand_left::BOOLEAN
), right_cells AS (
    SELECT id, ra, dec, hpx29 >> $shift::INTEGER AS cell FROM right_points
    UNION ALL SELECT id, ra, dec, cell FROM expanded WHERE NOT $expand_left::BOOLEAN
), candidates AS (
    -- Each trigonometric function once: this stage takes most of the time after the join itself.
    SELECT l.id AS left_id, r.id AS right_id,
        sin(radians(r.dec - l.dec) / 2) AS half_north,
        sin(radians(r.ra - l.ra) / 2) AS half_east,
        cos(radians(l.dec)) AS left_cos,
        sin(radians(l.dec)) AS left_sin,
        cos(radians(r.dec)) AS right_cos,
        CASE WHEN abs(r.ra - l.ra) > 180 THEN -1 ELSE 1 END AS seam
    FROM left_cells l JOIN right_cells r
        ON l.cell = r.cell AND abs(l.dec - r.dec) <= $dec_limit_deg::DOUBLE
), measured AS (
    SELECT *, half_north * half_north + left_cos * right_cos * half_east * half_east AS half_chord2
    FROM candidates
)
-- 2 asin is right to 1e-10 arcsec at these distances; sin(2a) = 2 sin(a) cos(a) spares the direction two sines.
SELECT left_id, right_id,
    degrees(2 * asin(sqrt(half_chord2))) * 3600 AS separation,
    (360 + degrees(atan2(
        right_cos * 2 * half_east * sqrt(1 - half_east * half_east) * seam,
        2 * half_north * sqrt(1 - half_north * half_north)
        + 2 * left_sin * right_cos * half_east * half_east))) % 360 AS position_angle,
    $left_epoch_yr::DOUBLE AS left_epoch,
    $right_epoch_yr::DOUBLE AS right_epoch,
    $match_epoch_yr::DOUBLE AS match_epoch
FROM measured
WHERE half_chord2 <= $half_chord2::DOUBLE
