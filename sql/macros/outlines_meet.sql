-- Whether two polygons have a point in common
-- shape1   the first polygon as outline gives it
-- shape2   the second polygon
CREATE OR REPLACE MACRO outlines_meet(shape1, shape2) AS
    list_transform([{'o': shape1, 't': shape2}], lambda oume_k: CASE WHEN oume_k.o IS NOT NULL AND oume_k.t IS NOT NULL THEN
        list_bool_or(list_transform(oume_k.o.sides, lambda oume_s: vector_in_outline(oume_s.a, oume_k.t)))
        OR list_bool_or(list_transform(oume_k.t.sides, lambda oume_s: vector_in_outline(oume_s.a, oume_k.o)))
        OR list_bool_or(list_transform(oume_k.o.sides,
            lambda oume_s: list_bool_or(list_transform(oume_k.t.sides, lambda oume_t: sides_cross(oume_s, oume_t))))) END)[1]
