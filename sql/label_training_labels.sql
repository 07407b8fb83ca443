-- The labels of each star
-- labels   name of the rows: star_id and the labels
SELECT *
FROM query_table($labels)
WHERE star_id IS NOT NULL
ORDER BY star_id
