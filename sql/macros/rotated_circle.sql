-- A circle [lon, lat, radius] in another frame [deg]
-- circle   the circle
-- matrix   nine numbers, row by row, that turn unit vectors of the old frame into those of the new
CREATE OR REPLACE MACRO rotated_circle(circle, matrix) AS
    list_transform([circle], lambda c: CASE WHEN c IS NOT NULL THEN
        list_append(rotated_point(c[1:2], matrix), c[3]) END)[1]
