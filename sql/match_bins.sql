-- A range of motion of the placed rows: how many rows, and how far at most one strays [deg]
-- source   view or table of the rows of a side
SELECT bin, count(*) AS n, max(stray_deg) AS stray_deg FROM query_table($source) GROUP BY bin ORDER BY bin
