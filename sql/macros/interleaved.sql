-- The rows of a table, view or CTE that has _x and _y below 2^29, their bits spread to every other bit
-- source   name of the table, view or CTE
CREATE OR REPLACE MACRO interleaved(source) AS TABLE
WITH spread16 AS (
    SELECT * REPLACE ((_x | (_x << 16)) & 281470681808895 AS _x, (_y | (_y << 16)) & 281470681808895 AS _y)
    FROM query_table(source)
), spread8 AS (
    SELECT * REPLACE ((_x | (_x << 8)) & 71777214294589695 AS _x, (_y | (_y << 8)) & 71777214294589695 AS _y)
    FROM spread16
), spread4 AS (
    SELECT * REPLACE ((_x | (_x << 4)) & 1085102592571150095 AS _x, (_y | (_y << 4)) & 1085102592571150095 AS _y)
    FROM spread8
), spread2 AS (
    SELECT * REPLACE ((_x | (_x << 2)) & 3689348814741910323 AS _x, (_y | (_y << 2)) & 3689348814741910323 AS _y)
    FROM spread4
)
SELECT * REPLACE ((_x | (_x << 1)) & 6148914691236517205 AS _x, (_y | (_y << 1)) & 6148914691236517205 AS _y)
FROM spread2
