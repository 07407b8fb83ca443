-- Finds the pairs of left and right rows within a radius, with all that later stages need of both
-- shift             twice the difference of order 29 and the order of the cells
-- expand_left       whether the expanded rows are left ones (else right ones)
-- left_bin          range of motion of the left rows
-- right_bin         range of motion of the right rows
-- dec_limit_deg     radius, rounded up [deg]
-- half_chord2       square of the sine of half the radius, rounded up
INSERT INTO candidates BY NAME
WITH left_cells AS (
    SELECT * EXCLUDE (hpx29), hpx29 >> $shift::INTEGER AS cell FROM left_points WHERE bin = $left_bin
    UNION ALL BY NAME SELECT * FROM expanded WHERE $expand_left::BOOLEAN
), right_cells AS (
    SELECT * EXCLUDE (hpx29), hpx29 >> $shift::INTEGER AS cell FROM right_points WHERE bin = $right_bin
    UNION ALL BY NAME SELECT * FROM expanded WHERE NOT $expand_left::BOOLEAN
)
SELECT COLUMNS(l.*) AS 'left_\0', COLUMNS(r.*) AS 'right_\0'
FROM left_cells l JOIN right_cells r
    ON l.cell = r.cell
    AND abs(l.place_dec - r.place_dec) <= $dec_limit_deg::DOUBLE
    AND half_chord2(l.place_ra, l.place_dec, r.place_ra, r.place_dec) <= $half_chord2::DOUBLE
