-- The unit vector at right angles with two others, to full accuracy for near ones too; NULL of parallel ones
-- a   the first vector, DOUBLE[3]
-- b   the second vector, DOUBLE[3]
CREATE OR REPLACE MACRO normal_vector(a, b) AS
    -- (a - b) x (a + b) is 2 a x b; differences of near vectors are exact, products of their parts are not.
    direction(array_cross_product(
        [a[1] - b[1], a[2] - b[2], a[3] - b[3]]::DOUBLE[3], [a[1] + b[1], a[2] + b[2], a[3] + b[3]]::DOUBLE[3]))
