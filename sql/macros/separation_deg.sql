-- The angle between two positions [deg], correct to 1e-9 arcsec from 0 to 180 deg
-- ra1    right ascension of the first position [deg]
-- dec1   its declination [deg]
-- ra2    right ascension of the second position [deg]
-- dec2   its declination [deg]
CREATE OR REPLACE MACRO separation_deg(ra1, dec1, ra2, dec2) AS
    -- With A = half the difference of ra, M = half that of dec, P = half the sum of dec:
    -- sin2(s/2) = cos2 A sin2 M + sin2 A cos2 P and cos2(s/2) = cos2 A cos2 M + sin2 A sin2 P;
    -- both are sums of squares, so neither end of the range cancels.
    2 * degrees(atan2(
        sqrt(pow(cos(radians(ra2 - ra1) / 2) * sin(radians(dec2 - dec1) / 2), 2)
             + pow(sin(radians(ra2 - ra1) / 2) * cos(radians(dec1 + dec2) / 2), 2)),
        sqrt(pow(cos(radians(ra2 - ra1) / 2) * cos(radians(dec2 - dec1) / 2), 2)
             + pow(sin(radians(ra2 - ra1) / 2) * sin(radians(dec1 + dec2) / 2), 2))))
