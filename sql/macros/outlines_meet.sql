-- Whether two polygons have a point in common
-- shape1   the first polygon as outline gives it
-- shape2   the second polygon
CREATE OR REPLACE MACRO outlines_meet(shape1, shape2) AS
    list_transform([{'o': shape1, 't': shape2}], lambda k: CASE WHEN k.o IS NOT NULL AND k.t IS NOT NULL THEN
        list_bool_or(list_transform(k.o.sides, lambda s: vector_in_outline(s.a, k.t)))
        OR list_bool_or(list_transform(k.t.sides, lambda s: vector_in_outline(s.a, k.o)))
        OR list_bool_or(list_transform(k.o.sides,
            lambda s: list_bool_or(list_transform(k.t.sides, lambda t: sides_cross(s, t))))) END)[1]
