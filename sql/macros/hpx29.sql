-- The nested HEALPix index of order 29 of one position; for many rows with_hpx29 is five times faster
-- ra_deg    right ascension [deg]
-- dec_deg   declination [deg]
CREATE OR REPLACE MACRO hpx29(ra_deg, dec_deg) AS (
    WITH _point AS (SELECT ra_deg::DOUBLE AS ra, dec_deg::DOUBLE AS dec)
    SELECT hpx29 FROM with_hpx29('_point')
)
