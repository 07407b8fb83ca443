-- Sets aside the rows whose disc crosses an edge of their cell: which way, and whether out of the base cell
-- source      view whose rows are expanded
-- bin         which of its rows: those of this range of motion
-- shift       twice the difference of order 29 and the order of the cells
-- x_low       bits of x within a cell
-- y_low       bits of y within a cell
-- near_x      least x, as interleaved bits, that is out of reach of the cell's lower edge
-- near_y      the same of y
-- far_x       least x, as interleaved bits, that is within reach of the cell's upper edge
-- far_y       the same of y
-- x_bits      bits of x of a cell within its base cell
-- y_bits      bits of y of a cell within its base cell
CREATE OR REPLACE TEMP TABLE border AS
-- x and y stay interleaved: interleaving keeps their order. Rows are tested first and alone: most are
-- not near an edge, and only those that are need their other columns.
WITH near_an_edge AS (
    SELECT * FROM query_table($source)
    WHERE bin = $bin
        AND (hpx29 & $x_low::BIGINT < $near_x::BIGINT OR hpx29 & $x_low::BIGINT >= $far_x::BIGINT
            OR hpx29 & $y_low::BIGINT < $near_y::BIGINT OR hpx29 & $y_low::BIGINT >= $far_y::BIGINT)
), reach AS (
    SELECT * EXCLUDE (hpx29),
        hpx29 >> $shift::INTEGER AS cell,
        ((hpx29 & $x_low::BIGINT >= $far_x::BIGINT)::TINYINT
            - (hpx29 & $x_low::BIGINT < $near_x::BIGINT)::TINYINT) AS dx,
        ((hpx29 & $y_low::BIGINT >= $far_y::BIGINT)::TINYINT
            - (hpx29 & $y_low::BIGINT < $near_y::BIGINT)::TINYINT) AS dy
    FROM near_an_edge
)
SELECT *,
    (dx = 1 AND cell & $x_bits::BIGINT = $x_bits::BIGINT) OR (dx = -1 AND cell & $x_bits::BIGINT = 0)
    OR (dy = 1 AND cell & $y_bits::BIGINT = $y_bits::BIGINT) OR (dy = -1 AND cell & $y_bits::BIGINT = 0)
        AS leaves_base
FROM reach
