-- Points of a published rotation curve
-- curve   its table: r [kpc], vc and its errors [km/s]
SELECT *
FROM query_table($curve)
ORDER BY r
