-- The polygon of outline_of_sides, with a given reference direction
-- sides   its sides as outline_sides gives them
-- q       a direction on no side's great circle, DOUBLE[3]
CREATE OR REPLACE MACRO outline_towards(sides, q) AS
    -- Whether q is to the left: it is left of the first side itself, unless other sides are between it and that
    -- side's middle; each turns the answer round. What is thinner than rounding has no inside.
    list_transform(list_transform([{'area': sides_area(sides, q), 'sides': list_transform(sides, lambda outo_s: {
            'a': outo_s.a, 'b': outo_s.b, 'length': outo_s.length, 'n': outo_s.n, 'after_a': outo_s.after_a, 'before_b': outo_s.before_b,
            'from_a': array_cross_product(outo_s.a, q), 'from_b': array_cross_product(outo_s.b, q),
            'q_left': array_inner_product(outo_s.n, q) > 0})}],
        lambda outo_o: {'area': outo_o.area, 'sides': outo_o.sides, 'is_left': list_transform([side_middle(outo_o.sides[1])],
            lambda outo_m: outo_o.sides[1].q_left <> (len(list_filter(outo_o.sides[2:], lambda outo_s: crosses_side(outo_m, outo_s))) % 2 = 1))[1]}),
        lambda outo_o: {'sides': outo_o.sides, 'area': outo_o.area, 'q_inside': outo_o.is_left = (outo_o.area > 0)
            AND abs(outo_o.area) > 1e-15 * list_sum(list_transform(outo_o.sides, lambda outo_s: outo_s.length))})[1]
