-- The middles of the pieces into which the vertices of a polygon that lie on a side cut it
-- side    the side
-- shape   the polygon as outline gives it
CREATE OR REPLACE MACRO side_middles(side, shape) AS
    list_transform([list_sort([0.0::DOUBLE, side.length] || list_transform(
            list_filter(shape.sides, lambda simi_t: abs(array_inner_product(side.n, simi_t.a)) <= 1e-14
                AND array_inner_product(side.after_a, simi_t.a) > 0 AND array_inner_product(side.before_b, simi_t.a) > 0),
            lambda simi_t: atan2(array_inner_product(side.after_a, simi_t.a), array_inner_product(side.a, simi_t.a))))],
        lambda simi_cuts: list_transform(list_transform(simi_cuts[2:], lambda simi_x, simi_i: (simi_x + simi_cuts[simi_i]) / 2), lambda simi_x: [
            cos(simi_x) * side.a[1] + sin(simi_x) * side.after_a[1], cos(simi_x) * side.a[2] + sin(simi_x) * side.after_a[2],
            cos(simi_x) * side.a[3] + sin(simi_x) * side.after_a[3]]::DOUBLE[3]))[1]
