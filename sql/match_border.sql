-- Sets aside the rows whose disc crosses an edge of their cell: which way, and into which cells of the same base cell
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
-- x and y stay interleaved: interleaving keeps their order, and a step is an addition that carries
-- through the other coordinate's bits, set to one.
WITH reach AS (
    SELECT *,
        hpx29 >> $shift::INTEGER AS cell,
        CASE WHEN hpx29 & $x_low::BIGINT < $near_x::BIGINT THEN -1
             WHEN hpx29 & $x_low::BIGINT >= $far_x::BIGINT THEN 1 ELSE 0 END AS dx,
        CASE WHEN hpx29 & $y_low::BIGINT < $near_y::BIGINT THEN -1
             WHEN hpx29 & $y_low::BIGINT >= $far_y::BIGINT THEN 1 ELSE 0 END AS dy
    FROM query_table($source)
    WHERE bin = $bin
)
SELECT *,
    (dx = 1 AND cell & $x_bits::BIGINT = $x_bits::BIGINT) OR (dx = -1 AND cell & $x_bits::BIGINT = 0)
    OR (dy = 1 AND cell & $y_bits::BIGINT = $y_bits::BIGINT) OR (dy = -1 AND cell & $y_bits::BIGINT = 0)
        AS leaves_base,
    CASE dx WHEN 1 THEN ((cell | ~$x_bits::BIGINT) + 1) & $x_bits::BIGINT
            WHEN -1 THEN ((cell & $x_bits::BIGINT) - 1) & $x_bits::BIGINT
            ELSE cell & $x_bits::BIGINT END AS x_there,
    CASE dy WHEN 1 THEN ((cell | ~$y_bits::BIGINT) + 1) & $y_bits::BIGINT
            WHEN -1 THEN ((cell & $y_bits::BIGINT) - 1) & $y_bits::BIGINT
            ELSE cell & $y_bits::BIGINT END AS y_there
FROM reach
WHERE dx <> 0 OR dy <> 0
