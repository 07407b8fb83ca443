-- The rows of a table, view or CTE that has hpx29, each once for every HEALPix cell (_cell) that a disc around it may touch
-- source   name of the table, view or CTE
-- level    order of the cells
-- x_low    bits of x within a cell
-- near_x   least x, as interleaved bits, that is out of reach of the cell's lower edge
-- far_x    least x, as interleaved bits, that is within reach of the cell's upper edge
-- y_low    bits of y within a cell
-- near_y   the same of y
-- far_y    the same of y
CREATE OR REPLACE MACRO with_cells(source, level, x_low, near_x, far_x, y_low, near_y, far_y) AS TABLE
-- As sql/match_border.sql and sql/match_expand.sql, in one statement; the steps over the edges of base cells are
-- those of catalogdb.sky.neighbour. A disc reaches over one edge in x and one in y at most.
WITH home AS (
    SELECT *, hpx29 >> (58 - 2 * level) AS _cell FROM query_table(source)
), border AS (
    SELECT *,
        (hpx29 & x_low >= far_x)::INTEGER - (hpx29 & x_low < near_x)::INTEGER AS _dx,
        (hpx29 & y_low >= far_y)::INTEGER - (hpx29 & y_low < near_y)::INTEGER AS _dy
    FROM home
    WHERE hpx29 & x_low < near_x OR hpx29 & x_low >= far_x OR hpx29 & y_low < near_y OR hpx29 & y_low >= far_y
), ways AS (
    SELECT *, unnest([1, 0, 1]) AS _u, unnest([0, 1, 1]) AS _v FROM border
), steps AS (
    SELECT *, _dx * _u AS _sx, _dy * _v AS _sy,
        _cell >> (2 * level) AS _base, _cell & 6148914691236517205 AS _x, (_cell >> 1) & 6148914691236517205 AS _y
    FROM ways
    WHERE (_u = 0 OR _dx <> 0) AND (_v = 0 OR _dy <> 0)
), gather1 AS (
    SELECT * REPLACE ((_x | (_x >> 1)) & 3689348814741910323 AS _x, (_y | (_y >> 1)) & 3689348814741910323 AS _y)
    FROM steps
), gather2 AS (
    SELECT * REPLACE ((_x | (_x >> 2)) & 1085102592571150095 AS _x, (_y | (_y >> 2)) & 1085102592571150095 AS _y)
    FROM gather1
), gather4 AS (
    SELECT * REPLACE ((_x | (_x >> 4)) & 71777214294589695 AS _x, (_y | (_y >> 4)) & 71777214294589695 AS _y)
    FROM gather2
), gather8 AS (
    SELECT * REPLACE ((_x | (_x >> 8)) & 281470681808895 AS _x, (_y | (_y >> 8)) & 281470681808895 AS _y)
    FROM gather4
), gather16 AS (
    SELECT * REPLACE (
        (((_x | (_x >> 16)) & 4294967295) & ((1::BIGINT << level) - 1)) + _sx AS _x,
        (((_y | (_y >> 16)) & 4294967295) & ((1::BIGINT << level) - 1)) + _sy AS _y)
    FROM gather8
), directed AS (
    SELECT *, 4 + (_x >= 1::BIGINT << level)::INTEGER - (_x < 0)::INTEGER
        + 3 * ((_y >= 1::BIGINT << level)::INTEGER - (_y < 0)::INTEGER) AS _direction
    FROM gather16
), turned AS (
    -- The base cell there, -1 where three meet and a corner has no fourth; 1 mirrors x, 2 mirrors y, 4 swaps them.
    SELECT * REPLACE (_x & ((1::BIGINT << level) - 1) AS _x, _y & ((1::BIGINT << level) - 1) AS _y),
        [8, 9, 10, 11, -1, -1, -1, -1, 10, 11, 8, 9,
            5, 6, 7, 4, 8, 9, 10, 11, 9, 10, 11, 8,
            -1, -1, -1, -1, 5, 6, 7, 4, -1, -1, -1, -1,
            4, 5, 6, 7, 11, 8, 9, 10, 11, 8, 9, 10,
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
            1, 2, 3, 0, 0, 1, 2, 3, 5, 6, 7, 4,
            -1, -1, -1, -1, 7, 4, 5, 6, -1, -1, -1, -1,
            3, 0, 1, 2, 3, 0, 1, 2, 4, 5, 6, 7,
            2, 3, 0, 1, -1, -1, -1, -1, 0, 1, 2, 3][12 * _direction + _base + 1]::BIGINT AS _beyond,
        [0, 0, 3, 0, 0, 6, 0, 0, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 6, 0, 0, 3, 0, 0][
            3 * _direction + (_base >> 2) + 1] AS _turn
    FROM directed
), mirrored AS (
    SELECT * REPLACE (
        CASE WHEN _turn & 1 > 0 THEN (1::BIGINT << level) - 1 - _x ELSE _x END AS _x,
        CASE WHEN _turn & 2 > 0 THEN (1::BIGINT << level) - 1 - _y ELSE _y END AS _y)
    FROM turned
    WHERE _beyond >= 0
), swapped AS (
    SELECT * REPLACE (
        CASE WHEN _turn & 4 > 0 THEN _y ELSE _x END AS _x, CASE WHEN _turn & 4 > 0 THEN _x ELSE _y END AS _y)
    FROM mirrored
)
SELECT * FROM home
UNION ALL
SELECT * EXCLUDE (_dx, _dy, _u, _v, _sx, _sy, _base, _x, _y, _direction, _beyond, _turn)
    REPLACE ((_beyond << (2 * level)) | (_y << 1) | _x AS _cell)
FROM interleaved('swapped')
