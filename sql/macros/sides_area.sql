-- The area within a polygon's sides [sr], on the smaller side of them, negative where that is to the right
-- sides   its sides as outline_sides gives them
-- q       a direction on no side's great circle, DOUBLE[3]
CREATE OR REPLACE MACRO sides_area(sides, q) AS
    -- The signed areas of the triangles from one apex to each side (Eriksson 1990, Mathematics Magazine 63, 184)
    -- add up to the area to the left but for whole skies. A small polygon has its first vertex as the apex, so
    -- that triangles are as small as it is.
    list_transform(list_transform(
        [CASE WHEN list_bool_and(list_transform(sides, lambda s: array_inner_product(s.a, sides[1].a) > 0.5))
            THEN sides[1].a ELSE direction(q) END],
        lambda apex: list_sum(list_transform(sides, lambda s: 2 * atan2(
            array_inner_product(apex, array_cross_product(
                [s.a[1] - apex[1], s.a[2] - apex[2], s.a[3] - apex[3]]::DOUBLE[3],
                [s.b[1] - apex[1], s.b[2] - apex[2], s.b[3] - apex[3]]::DOUBLE[3])),
            1 + array_inner_product(apex, s.a) + array_inner_product(s.a, s.b) + array_inner_product(s.b, apex))))),
        -- Of two halves of the sky, but for rounding, the one to the left is meant.
        lambda area: area - 4 * pi() * ceil((area - 2 * pi() - 1e-12) / (4 * pi())))[1]
