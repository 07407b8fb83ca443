-- Whether a polygon is within another; they may touch
-- inner_shape   the polygon as outline gives it
-- outer_shape   the other polygon
CREATE OR REPLACE MACRO outline_in_outline(inner_shape, outer_shape) AS
    -- It is if all of its sides are. A side that crosses none of the other's can still leave it where it
    -- touches a vertex: between such points its middle is tested.
    list_transform([{'i': inner_shape, 'o': outer_shape}], lambda ouinou_k: CASE WHEN ouinou_k.i IS NOT NULL AND ouinou_k.o IS NOT NULL THEN
        list_bool_and(list_transform(ouinou_k.i.sides, lambda ouinou_s: vector_in_outline(ouinou_s.a, ouinou_k.o)
            AND NOT list_bool_or(list_transform(ouinou_k.o.sides, lambda ouinou_t: sides_cross(ouinou_s, ouinou_t)))
            AND list_bool_and(list_transform(side_middles(ouinou_s, ouinou_k.o), lambda ouinou_m: vector_in_outline(ouinou_m, ouinou_k.o)))))
        END)[1]
