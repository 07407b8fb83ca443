-- The middles of the pieces into which the vertices of a polygon that lie on a side cut it
-- side    the side
-- shape   the polygon as outline gives it
CREATE OR REPLACE MACRO side_middles(side, shape) AS
    list_transform([list_sort([0.0::DOUBLE, side.length] || list_transform(
            list_filter(shape.sides, lambda t: abs(array_inner_product(side.n, t.a)) <= 1e-14
                AND array_inner_product(side.after_a, t.a) > 0 AND array_inner_product(side.before_b, t.a) > 0),
            lambda t: atan2(array_inner_product(side.after_a, t.a), array_inner_product(side.a, t.a))))],
        lambda cuts: list_transform(list_transform(cuts[2:], lambda x, i: (x + cuts[i]) / 2), lambda x: [
            cos(x) * side.a[1] + sin(x) * side.after_a[1], cos(x) * side.a[2] + sin(x) * side.after_a[2],
            cos(x) * side.a[3] + sin(x) * side.after_a[3]]::DOUBLE[3]))[1]
