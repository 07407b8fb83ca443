-- The rows of a table, view or CTE with ra and dec [deg] moved along the motion of each row to its at_epoch
-- source   name of the table, view or CTE; it has ra, dec, ra_epoch, dec_epoch, pmra, pmdec, radial_motion, at_epoch
CREATE OR REPLACE MACRO moved(source) AS TABLE
-- The vector model of Hipparcos and Gaia (ESA SP-1200 vol. 1, section 1.5.5), as catalogdb.epoch has it:
-- the new direction is r0 (1 + zeta t) + (p0 mu_ra + q0 mu_dec) t. Motions in mas/yr, epochs in Julian years;
-- a missing motion is zero. ra may come out below 0 or above 360.
WITH steps AS (
    SELECT *,
        radians(coalesce((at_epoch - ra_epoch) * pmra, 0) / 3.6e6) AS _east,
        radians(coalesce((at_epoch - dec_epoch) * pmdec, 0) / 3.6e6) AS _north,
        1 + radians(coalesce((at_epoch - (ra_epoch + dec_epoch) / 2) * radial_motion, 0) / 3.6e6) AS _out,
        cos(radians(dec)) AS _c,
        sin(radians(dec)) AS _s
    FROM query_table(source)
), meridian AS (
    SELECT *, _out * _c - _north * _s AS _x, _out * _s + _north * _c AS _z FROM steps
)
SELECT * EXCLUDE (_east, _north, _out, _c, _s, _x, _z)
    REPLACE (ra + degrees(atan2(_east, _x)) AS ra, degrees(atan2(_z, sqrt(_east * _east + _x * _x))) AS dec)
FROM meridian
