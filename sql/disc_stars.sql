-- Stars whose places and motions in the Galaxy are asked for
-- stars   name of the rows
SELECT *
FROM query_table($stars)
