-- The nested HEALPix index of order 29 of a point
-- place   the point [lon, lat] [deg]
CREATE OR REPLACE MACRO hpx29_of_point(place) AS (
    WITH _point AS (SELECT _p[1] AS ra, _p[2] AS dec FROM (SELECT place AS _p))
    SELECT hpx29 FROM with_hpx29('_point')
)
