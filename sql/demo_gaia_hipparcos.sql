-- A star of Gaia DR3 with its nearest Hipparcos-2 star: Gaia's astrometry, and the declination to compare
SELECT g.ra, g.dec, g.ref_epoch, g.parallax, g.pmra, g.pmdec, g.radial_velocity,
       h.dec AS hip_dec, h.ref_epoch AS hip_epoch
FROM matches.hipparcos2_gaia_dr3 m
JOIN catalogs.gaia_dr3 g ON g.source_id = m.right_id
JOIN catalogs.hipparcos2 h ON h.source_id = m.left_id
QUALIFY row_number() OVER (PARTITION BY m.right_id ORDER BY m.separation, m.left_id) = 1
ORDER BY h.source_id
