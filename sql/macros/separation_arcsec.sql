-- The angle between two positions [arcsec], correct to 1e-9 arcsec from 0 to 180 deg
-- ra1    right ascension of the first position [deg]
-- dec1   its declination [deg]
-- ra2    right ascension of the second position [deg]
-- dec2   its declination [deg]
CREATE OR REPLACE MACRO separation_arcsec(ra1, dec1, ra2, dec2) AS
    3600 * separation_deg(ra1, dec1, ra2, dec2)
