-- Whether a circle and a polygon have a point in common
-- lon_deg      right ascension or another longitude of the circle's centre [deg]
-- lat_deg      declination or latitude of its centre [deg]
-- radius_deg   its radius [deg]
-- shape        the polygon as outline gives it
CREATE OR REPLACE MACRO circle_meets_outline(lon_deg, lat_deg, radius_deg, shape) AS
    list_transform([unit_vector(lon_deg, lat_deg)], lambda cimeou_p:
        vector_in_outline(cimeou_p, shape) OR outline_distance_deg(cimeou_p, shape) <= radius_deg + 6e-13)[1]
