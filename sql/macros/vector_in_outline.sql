-- Whether a direction is in a polygon; those on a side or vertex, to 1e-14 rad, are
-- p       the direction, DOUBLE[3]
-- shape   the polygon as outline gives it
CREATE OR REPLACE MACRO vector_in_outline(p, shape) AS
    CASE WHEN p IS NOT NULL THEN list_transform([list_transform(shape.sides,
            lambda veinou_s: CASE WHEN abs(array_inner_product(veinou_s.n, p)) <= 1e-14
                AND array_inner_product(veinou_s.after_a, p) >= -1e-14 AND array_inner_product(veinou_s.before_b, p) >= -1e-14
            THEN NULL ELSE crosses_side(p, veinou_s) END)],
        lambda veinou_crossed: len(list_filter(veinou_crossed, lambda veinou_c: veinou_c IS NULL)) > 0
            OR shape.q_inside <> (len(list_filter(veinou_crossed, lambda veinou_c: veinou_c)) % 2 = 1))[1] END
