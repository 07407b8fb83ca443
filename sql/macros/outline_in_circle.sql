-- Whether a polygon is within a circle; they may touch
-- shape        the polygon as outline gives it
-- lon_deg      right ascension or another longitude of the circle's centre [deg]
-- lat_deg      declination or latitude of its centre [deg]
-- radius_deg   its radius [deg]
CREATE OR REPLACE MACRO outline_in_circle(shape, lon_deg, lat_deg, radius_deg) AS
    -- Up to 90 deg a circle bulges outwards, and vertices decide; beyond, the circle opposite does that is left.
    CASE WHEN radius_deg <= 90
        THEN degrees(list_transform([unit_vector(lon_deg, lat_deg)], lambda ouinci_p: CASE WHEN ouinci_p IS NOT NULL THEN
            list_max(list_transform(shape.sides, lambda ouinci_s: vector_angle(ouinci_s.a, ouinci_p))) END)[1]) <= radius_deg + 6e-13
        ELSE NOT circle_meets_outline(lon_deg + 180, -lat_deg, 180 - radius_deg - 2e-12, shape)
            OR (radius_deg = 180 AND (lon_deg + lat_deg + shape.area) IS NOT NULL) END
