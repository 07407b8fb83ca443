-- Repeats each row of border in every further cell that its disc may touch
-- x_bits   bits of x of a cell within its base cell
-- y_bits   bits of y of a cell within its base cell
CREATE OR REPLACE TEMP TABLE expanded AS
WITH inside AS (FROM border WHERE NOT leaves_base)
SELECT * REPLACE ((cell & ~$x_bits::BIGINT) | x_there AS cell) FROM inside WHERE dx <> 0
UNION ALL
SELECT * REPLACE ((cell & ~$y_bits::BIGINT) | y_there AS cell) FROM inside WHERE dy <> 0
UNION ALL
SELECT * REPLACE ((cell & ~($x_bits::BIGINT | $y_bits::BIGINT)) | x_there | y_there AS cell)
FROM inside WHERE dx <> 0 AND dy <> 0
UNION ALL
SELECT b.* REPLACE (c.neighbour AS cell) FROM border b JOIN crossings c USING (cell, dx, dy)
