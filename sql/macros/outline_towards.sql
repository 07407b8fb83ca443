-- The polygon of outline_of_sides, with a given reference direction
-- sides   its sides as outline_sides gives them
-- q       a direction on no side's great circle, DOUBLE[3]
CREATE OR REPLACE MACRO outline_towards(sides, q) AS
    -- Whether q is to the left: it is left of the first side itself, unless other sides are between it and that
    -- side's middle; each turns the answer round. What is thinner than rounding has no inside.
    list_transform(list_transform([{'area': sides_area(sides, q), 'sides': list_transform(sides, lambda s: {
            'a': s.a, 'b': s.b, 'length': s.length, 'n': s.n, 'after_a': s.after_a, 'before_b': s.before_b,
            'from_a': array_cross_product(s.a, q), 'from_b': array_cross_product(s.b, q),
            'q_left': array_inner_product(s.n, q) > 0})}],
        lambda o: {'area': o.area, 'sides': o.sides, 'is_left': list_transform([array_cross_product(o.sides[1].n,
                direction([o.sides[1].a[1] - o.sides[1].b[1], o.sides[1].a[2] - o.sides[1].b[2],
                    o.sides[1].a[3] - o.sides[1].b[3]]::DOUBLE[3]))],
            lambda m: o.sides[1].q_left <> (len(list_filter(o.sides[2:], lambda s: crosses_side(m, s))) % 2 = 1))[1]}),
        lambda o: {'sides': o.sides, 'area': o.area, 'q_inside': o.is_left = (o.area > 0)
            AND abs(o.area) > 1e-15 * list_sum(list_transform(o.sides, lambda s: s.length))})[1]
