-- Whether a direction is in a polygon; those on a side or vertex, to 1e-14 rad, are
-- p       the direction, DOUBLE[3]
-- shape   the polygon as outline gives it
CREATE OR REPLACE MACRO vector_in_outline(p, shape) AS
    CASE WHEN p IS NOT NULL THEN list_transform([list_transform(shape.sides,
            lambda s: CASE WHEN abs(array_inner_product(s.n, p)) <= 1e-14
                AND array_inner_product(s.after_a, p) >= -1e-14 AND array_inner_product(s.before_b, p) >= -1e-14
            THEN NULL ELSE crosses_side(p, s) END)],
        lambda crossed: len(list_filter(crossed, lambda c: c IS NULL)) > 0
            OR shape.q_inside <> (len(list_filter(crossed, lambda c: c)) % 2 = 1))[1] END
