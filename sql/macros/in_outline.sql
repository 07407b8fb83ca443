-- Whether a position is in a polygon; those on a side or vertex, to 1e-14 rad, are
-- lon_deg   its right ascension or another longitude [deg]
-- lat_deg   its declination or latitude [deg]
-- shape     the polygon as outline gives it
CREATE OR REPLACE MACRO in_outline(lon_deg, lat_deg, shape) AS
    list_transform([unit_vector(lon_deg, lat_deg)], lambda inou_p: vector_in_outline(inou_p, shape))[1]
