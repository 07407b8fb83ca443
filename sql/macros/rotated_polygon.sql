-- A polygon [lon1, lat1, lon2, lat2, ...] in another frame [deg]
-- polygon  the polygon
-- matrix   nine numbers, row by row, that turn unit vectors of the old frame into those of the new
CREATE OR REPLACE MACRO rotated_polygon(polygon, matrix) AS
    list_transform([polygon], lambda v: CASE WHEN v IS NOT NULL THEN flatten(
        list_transform(range(1, len(v), 2), lambda i: rotated_point([v[i], v[i + 1]], matrix))) END)[1]
