-- Repeats each row of border in every further cell that its disc may touch
-- x_bits   bits of x of a cell within its base cell
-- y_bits   bits of y of a cell within its base cell
CREATE OR REPLACE TEMP TABLE expanded AS
-- A step in x is an addition that carries through the other bits, set to one.
WITH inside AS (
    FROM border WHERE NOT leaves_base
), along_x AS (
    SELECT * REPLACE ((cell & ~$x_bits::BIGINT) | (
            CASE dx WHEN 1 THEN (cell | ~$x_bits::BIGINT) + 1 ELSE (cell & $x_bits::BIGINT) - 1 END
            & $x_bits::BIGINT) AS cell)
    FROM inside WHERE dx <> 0
), along_y AS (
    SELECT * REPLACE ((cell & ~$y_bits::BIGINT) | (
            CASE dy WHEN 1 THEN (cell | ~$y_bits::BIGINT) + 1 ELSE (cell & $y_bits::BIGINT) - 1 END
            & $y_bits::BIGINT) AS cell)
    FROM inside WHERE dy <> 0
), along_both AS (
    SELECT * REPLACE ((cell & ~$y_bits::BIGINT) | (
            CASE dy WHEN 1 THEN (cell | ~$y_bits::BIGINT) + 1 ELSE (cell & $y_bits::BIGINT) - 1 END
            & $y_bits::BIGINT) AS cell)
    FROM along_x WHERE dy <> 0
), beyond AS (
    SELECT b.* REPLACE (c.neighbour AS cell) FROM border b JOIN crossings c USING (cell, dx, dy)
)
SELECT * EXCLUDE (dx, dy, leaves_base) FROM along_x
UNION ALL SELECT * EXCLUDE (dx, dy, leaves_base) FROM along_y
UNION ALL SELECT * EXCLUDE (dx, dy, leaves_base) FROM along_both
UNION ALL SELECT * EXCLUDE (dx, dy, leaves_base) FROM beyond
