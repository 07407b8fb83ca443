-- Whether the arc from the reference direction of an outline to a direction crosses one of its sides
-- p      the direction, DOUBLE[3]
-- side   the side
CREATE OR REPLACE MACRO crosses_side(p, side) AS
    -- An end of the side that lies on the arc counts as to its left, the same for both sides that end there.
    side.q_left <> (array_inner_product(side.n, p) > 0)
    AND (array_inner_product(side.from_a, p) >= 0) <> (array_inner_product(side.from_b, p) >= 0)
    AND (array_inner_product(side.from_a, p) >= 0) <> side.q_left
