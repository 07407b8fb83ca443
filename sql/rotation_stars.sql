-- Stars with what a rotation curve follows from, in no order that matters but the same for the same rows
-- stars   name of the rows: ra, dec [deg], dist, dist_error [kpc], pmra, pmdec [mas/yr] and errors, radial velocity
SELECT *
FROM query_table($stars)
ORDER BY ra, dec, dist
