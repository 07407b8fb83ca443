-- The direction from the first position to the second, north through east, in [0, 360) [deg]
-- ra1    right ascension of the first position [deg]
-- dec1   its declination [deg]
-- ra2    right ascension of the second position [deg]
-- dec2   its declination [deg]
CREATE OR REPLACE MACRO position_angle_deg(ra1, dec1, ra2, dec2) AS
    -- sin(dec2 - dec1) + 2 sin(dec1) cos(dec2) sin2(dra/2) is the north component without cancellation.
    (360 + degrees(atan2(
        cos(radians(dec2)) * sin(radians(ra2 - ra1)),
        sin(radians(dec2 - dec1))
        + 2 * sin(radians(dec1)) * cos(radians(dec2)) * pow(sin(radians(ra2 - ra1) / 2), 2)))) % 360
