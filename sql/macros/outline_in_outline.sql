-- Whether a polygon is within another; they may touch
-- inner_shape   the polygon as outline gives it
-- outer_shape   the other polygon
CREATE OR REPLACE MACRO outline_in_outline(inner_shape, outer_shape) AS
    -- It is if all of its sides are. A side that crosses none of the other's can still leave it where it
    -- touches a vertex: between such points its middle is tested.
    list_transform([{'i': inner_shape, 'o': outer_shape}], lambda k: CASE WHEN k.i IS NOT NULL AND k.o IS NOT NULL THEN
        list_bool_and(list_transform(k.i.sides, lambda s: vector_in_outline(s.a, k.o)
            AND NOT list_bool_or(list_transform(k.o.sides, lambda t: sides_cross(s, t)))
            AND list_bool_and(list_transform(side_middles(s, k.o), lambda m: vector_in_outline(m, k.o)))))
        END)[1]
