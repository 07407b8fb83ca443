-- Every row of a table of reference labels, or of members of clusters
-- reference   the table
FROM query_table($reference)
