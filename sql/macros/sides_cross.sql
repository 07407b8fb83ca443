-- Whether two sides of outlines cross within both, not at an end
-- s   the first side
-- t   the second side
CREATE OR REPLACE MACRO sides_cross(s, t) AS
    least(array_inner_product(s.n, t.a), -array_inner_product(s.n, t.b),
        -array_inner_product(t.n, s.a), array_inner_product(t.n, s.b)) > 1e-14
    OR greatest(array_inner_product(s.n, t.a), -array_inner_product(s.n, t.b),
        -array_inner_product(t.n, s.a), array_inner_product(t.n, s.b)) < -1e-14
