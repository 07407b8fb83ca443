-- Whether a circle is within a polygon; they may touch
-- lon_deg      right ascension or another longitude of its centre [deg]
-- lat_deg      declination or latitude of its centre [deg]
-- radius_deg   its radius [deg]
-- shape        the polygon as outline gives it
CREATE OR REPLACE MACRO circle_in_outline(lon_deg, lat_deg, radius_deg, shape) AS
    list_transform([unit_vector(lon_deg, lat_deg)], lambda ciinou_p:
        vector_in_outline(ciinou_p, shape) AND outline_distance_deg(ciinou_p, shape) >= radius_deg - 6e-13)[1]
