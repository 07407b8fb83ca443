-- The first star that several lines of a file name (view `named`: gaia_id, row), with the numbers of the first two rows
SELECT gaia_id, min("row", 2) AS rows_of_it
FROM named
GROUP BY gaia_id
HAVING count(*) > 1
ORDER BY rows_of_it[2]
LIMIT 1
