-- The area of a circle on the sphere [deg2]
-- radius_deg   its radius [deg]
CREATE OR REPLACE MACRO circle_area_deg2(radius_deg) AS
    -- 2 pi (1 - cos r) without its cancellation
    4 * pi() * pow(degrees(sin(radians(radius_deg) / 2)), 2)
