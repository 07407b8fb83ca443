-- The area within a polygon's sides [sr], on the smaller side of them, negative where that is to the right
-- sides   its sides as outline_sides gives them
-- q       a direction on no side's great circle, DOUBLE[3]
CREATE OR REPLACE MACRO sides_area(sides, q) AS
    -- The signed areas of the triangles from one apex to each side (Eriksson 1990, Mathematics Magazine 63, 184)
    -- add up to the area to the left but for whole skies. A small polygon has its first vertex as the apex, so
    -- that triangles are as small as it is.
    list_transform(list_transform(
        [CASE WHEN list_bool_and(list_transform(sides, lambda siar_s: array_inner_product(siar_s.a, sides[1].a) > 0.5))
            THEN sides[1].a ELSE direction(q) END],
        lambda siar_apex: list_sum(list_transform(sides, lambda siar_s: 2 * atan2(
            array_inner_product(siar_apex, array_cross_product(
                [siar_s.a[1] - siar_apex[1], siar_s.a[2] - siar_apex[2], siar_s.a[3] - siar_apex[3]]::DOUBLE[3],
                [siar_s.b[1] - siar_apex[1], siar_s.b[2] - siar_apex[2], siar_s.b[3] - siar_apex[3]]::DOUBLE[3])),
            1 + array_inner_product(siar_apex, siar_s.a) + array_inner_product(siar_s.a, siar_s.b) + array_inner_product(siar_s.b, siar_apex))))),
        -- Of two halves of the sky, but for rounding, the one to the left is meant.
        lambda siar_area: siar_area - 4 * pi() * ceil((siar_area - 2 * pi() - 1e-12) / (4 * pi())))[1]
