-- The polygon of outline_of_sides, with a given reference direction
-- sides   its sides as outline_sides gives them
-- q       a direction on no side's great circle, DOUBLE[3]
CREATE OR REPLACE MACRO outline_towards(sides, q) AS
    list_transform([{'area': sides_area(sides, q), 'middle': sides_middle(sides), 'sides': list_transform(
            sides, lambda outo_s: {'a': outo_s.a, 'b': outo_s.b, 'length': outo_s.length, 'n': outo_s.n,
            'after_a': outo_s.after_a, 'before_b': outo_s.before_b,
            'from_a': array_cross_product(outo_s.a, q), 'from_b': array_cross_product(outo_s.b, q),
            'q_left': array_inner_product(outo_s.n, q) > 0})}],
        lambda outo_o: {'sides': outo_o.sides, 'area': outo_o.area, 'q_inside': CASE
            WHEN list_bool_and(list_transform(outo_o.sides, lambda outo_s: array_inner_product(outo_s.a, outo_o.middle) > 0.1))
            -- The direction opposite of a polygon within half the sky is outside: each side between it and q turns
            -- the answer round, also where sides cross each other.
            THEN side_crossings([-outo_o.middle[1], -outo_o.middle[2], -outo_o.middle[3]]::DOUBLE[3], outo_o.sides) % 2 = 1
            -- q is left of the first side itself, unless other sides are between it and that side's middle.
            ELSE (outo_o.sides[1].q_left <> (side_crossings(side_middle(outo_o.sides[1]), outo_o.sides[2:]) % 2 = 1))
                = (outo_o.area > 0) END})[1]
