-- The middle of a side
-- side   the side as outline_sides gives it
CREATE OR REPLACE MACRO side_middle(side) AS
    -- Of a short side the difference of the ends is mostly rounding, as is the sum of those of a long one.
    direction(CASE WHEN side.length < 2 THEN [side.a[1] + side.b[1], side.a[2] + side.b[2], side.a[3] + side.b[3]]::DOUBLE[3]
        ELSE array_cross_product(side.n, [side.a[1] - side.b[1], side.a[2] - side.b[2], side.a[3] - side.b[3]]::DOUBLE[3]) END)
