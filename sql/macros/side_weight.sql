-- Twice the area of a small triangle, positive if the side has its apex to the left [sr]
-- apex   its first vertex, DOUBLE[3]
-- side   the side opposite
CREATE OR REPLACE MACRO side_weight(apex, side) AS
    array_inner_product(apex, array_cross_product(
        [side.a[1] - apex[1], side.a[2] - apex[2], side.a[3] - apex[3]]::DOUBLE[3],
        [side.b[1] - apex[1], side.b[2] - apex[2], side.b[3] - apex[3]]::DOUBLE[3]))
