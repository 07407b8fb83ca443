-- One row: stars, and the largest difference between listed motions and those between both positions [mas/yr]
WITH moved AS (
    SELECT pmra, pmdec, ref_epoch - epu AS years, radians(ra - ira) AS da, radians(dec) AS d1, radians(idc) AS d0
    FROM catalogs.ucac5
), tangent AS (
    SELECT pmra, pmdec, years,
           cos(d1) * sin(da) AS east,
           sin(d1 - d0) + 2 * sin(d0) * cos(d1) * pow(sin(da / 2), 2) AS north,
           sin(d0) * sin(d1) + cos(d0) * cos(d1) * cos(da) AS outward
    FROM moved
)
SELECT count(*) AS stars,
       max(abs(degrees(east / outward) * 3.6e6 / years - pmra)) AS pmra_difference,
       max(abs(degrees(north / outward) * 3.6e6 / years - pmdec)) AS pmdec_difference
FROM tangent
