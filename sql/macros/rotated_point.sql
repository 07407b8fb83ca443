-- A point [lon, lat] in another frame [deg]
-- place    the point
-- matrix   nine numbers, row by row, that turn unit vectors of the old frame into those of the new
CREATE OR REPLACE MACRO rotated_point(place, matrix) AS
    list_transform(list_transform(list_transform(
        [place],
        lambda p: {'x': cos(radians(p[1])) * cos(radians(p[2])), 'y': sin(radians(p[1])) * cos(radians(p[2])),
            'z': sin(radians(p[2])), 'm': matrix}),
        lambda v: {'x': v.m[1] * v.x + v.m[2] * v.y + v.m[3] * v.z, 'y': v.m[4] * v.x + v.m[5] * v.y + v.m[6] * v.z,
            'z': v.m[7] * v.x + v.m[8] * v.y + v.m[9] * v.z}),
        lambda v: CASE WHEN v.z IS NOT NULL THEN
            [circled_deg(degrees(atan2(v.y, v.x))), degrees(atan2(v.z, sqrt(v.x * v.x + v.y * v.y)))] END)[1]
