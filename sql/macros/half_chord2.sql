-- The square of the half chord, sin2(separation / 2), of two positions: exact enough for comparisons below 90 deg
-- ra1    right ascension of the first position [deg]
-- dec1   its declination [deg]
-- ra2    right ascension of the second position [deg]
-- dec2   its declination [deg]
CREATE OR REPLACE MACRO half_chord2(ra1, dec1, ra2, dec2) AS
    pow(sin(radians(dec1 - dec2) / 2), 2)
    + cos(radians(dec1)) * cos(radians(dec2)) * pow(sin(radians(ra1 - ra2) / 2), 2)
