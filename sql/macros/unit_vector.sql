-- The unit vector of a position, DOUBLE[3]; NULL where a coordinate is missing
-- lon_deg   right ascension or another longitude [deg]
-- lat_deg   declination or latitude [deg]
CREATE OR REPLACE MACRO unit_vector(lon_deg, lat_deg) AS
    CASE WHEN lon_deg IS NOT NULL AND lat_deg IS NOT NULL THEN [cos(radians(lat_deg)) * cos(radians(lon_deg)),
        cos(radians(lat_deg)) * sin(radians(lon_deg)), sin(radians(lat_deg))]::DOUBLE[3] END
