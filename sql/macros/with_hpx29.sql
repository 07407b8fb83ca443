-- The rows of a table, view or CTE that has ra and dec [deg], each with its nested HEALPix index of order 29
-- source   name of the table, view or CTE
CREATE OR REPLACE MACRO with_hpx29(source) AS TABLE
-- Gorski et al. 2005 (ApJ 622, 759) section 5. Each stage names its intermediates once: as nested scalar
-- macros the same arithmetic is textually doubled at every use of an argument and four times slower.
WITH angles AS (
    -- ra/90 - 4 floor(ra/360) is exact where a remainder in radians is not: RA 0, 90, 180... are cell edges.
    SELECT *,
        CASE WHEN isfinite(ra) AND isfinite(dec) THEN ra / 90 - 4 * floor(ra / 360) END AS _turn,
        sin(radians(dec)) AS _z,
        cos(radians(dec)) AS _c
    FROM query_table(source)
), quadrants AS (
    -- cos(dec)/sqrt((1+|z|)/3) is sqrt(3(1-|z|)) without its cancellation near the poles.
    SELECT *,
        abs(_z) > 2 / 3 AS _cap,
        least(floor(_turn), 3) AS _quadrant,
        536870912 * (0.5 + _turn) AS _along,
        402653184 * _z AS _across,
        536870912 * _c / sqrt((1 + abs(_z)) / 3) AS _ring
    FROM angles
), diagonals AS (
    SELECT *,
        CASE WHEN _cap THEN least(536870911, floor((_turn - _quadrant) * _ring))
             ELSE floor(_along - _across) END::BIGINT AS _rising,
        CASE WHEN _cap THEN least(536870911, floor((1 - (_turn - _quadrant)) * _ring))
             ELSE floor(_along + _across) END::BIGINT AS _falling
    FROM quadrants
), cells AS (
    -- & 3: at RA 359.99999999999994 the sum 0.5 + turn rounds up to the fifth quadrant, which is the first.
    SELECT *,
        CASE WHEN _cap THEN _quadrant::BIGINT + CASE WHEN _z < 0 THEN 8 ELSE 0 END
             WHEN _rising >> 29 = _falling >> 29 THEN ((_rising >> 29) & 3) + 4
             WHEN _rising >> 29 < _falling >> 29 THEN (_rising >> 29) & 3
             ELSE ((_falling >> 29) & 3) + 8 END AS _base,
        CASE WHEN NOT _cap THEN _falling & 536870911
             WHEN _z > 0 THEN 536870911 - _falling ELSE _rising END AS _x,
        CASE WHEN NOT _cap THEN 536870911 - (_rising & 536870911)
             WHEN _z > 0 THEN 536870911 - _rising ELSE _falling END AS _y
    FROM diagonals
)
SELECT * EXCLUDE (_turn, _z, _c, _cap, _quadrant, _along, _across, _ring, _rising, _falling, _base, _x, _y),
    CASE WHEN _turn IS NOT NULL THEN (_base << 58) | (_y << 1) | _x END AS hpx29
FROM interleaved('cells')
