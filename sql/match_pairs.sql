-- A pair of left and right positions within a radius below 10 deg
-- shift             twice the difference of order 29 and the order of the cells
-- expand_left       whether the expanded rows are left ones (else right ones)
-- dec_limit_deg     radius, rounded up [deg]
-- half_chord2       square of the sine of half the radius
WITH left_cells AS (
    SELECT id, ra, dec, hpx29 >> $shift::INTEGER AS cell FROM left_points
    UNION ALL SELECT id, ra, dec, cell FROM expanded WHERE $expand_left::BOOLEAN
), right_cells AS (
    SELECT id, ra, dec, hpx29 >> $shift::INTEGER AS cell FROM right_points
    UNION ALL SELECT id, ra, dec, cell FROM expanded WHERE NOT $expand_left::BOOLEAN
), candidates AS (
    -- Each trigonometric function once, of half the difference or of the angle; 1 deg is 0.01745... rad.
    SELECT l.id AS left_id, r.id AS right_id,
        sin((r.dec - l.dec) * 0.008726646259971648) AS half_north,
        sin((r.ra - l.ra) * 0.008726646259971648) AS half_east,
        cos(l.dec * 0.017453292519943295) AS left_cos,
        sin(l.dec * 0.017453292519943295) AS left_sin,
        CASE WHEN abs(r.ra - l.ra) > 180 THEN -1.0::DOUBLE ELSE 1.0::DOUBLE END AS seam
    FROM left_cells l JOIN right_cells r
        ON l.cell = r.cell AND abs(l.dec - r.dec) <= $dec_limit_deg::DOUBLE
), squared AS (
    SELECT *, half_north * half_north AS north2, half_east * half_east AS east2,
        2 * half_north * sqrt(1 - half_north * half_north) AS north
    FROM candidates
), there AS (
    -- The cosine of the sum of the left declination and the difference.
    SELECT *, left_cos * (1 - 2 * north2) - left_sin * north AS right_cos FROM squared
), measured AS (
    SELECT *, north2 + left_cos * right_cos * east2 AS half_chord2 FROM there
), directed AS (
    SELECT left_id, right_id, half_chord2,
        degrees(atan2(
            2 * half_east * sqrt(1 - east2) * seam * right_cos, north + 2 * left_sin * right_cos * east2
        )) AS direction
    FROM measured
    WHERE half_chord2 <= $half_chord2::DOUBLE
)
-- 2 asin is right to 1e-10 arcsec at these distances.
SELECT left_id, right_id,
    degrees(2 * asin(sqrt(half_chord2))) * 3600 AS separation,
    -- So near north that rounding tells no side; 360 itself is no direction.
    CASE WHEN direction < -1e-14 THEN direction + 360 WHEN direction < 0 THEN 0 ELSE direction END AS position_angle
FROM directed
