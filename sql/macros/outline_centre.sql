-- The centre of mass of a polygon: longitude in [0, 360) and latitude [deg]; NULL if it has no area
-- shape   the polygon as outline gives it
CREATE OR REPLACE MACRO outline_centre(shape) AS
    -- The mean direction is half the sum of each side's length times its normal. Below 1e-4 rad that cancels,
    -- and flat triangles from the first vertex are nearer to the truth.
    list_transform([shape], lambda ouce_o: vector_position(
        CASE WHEN ouce_o.area IS NULL OR abs(ouce_o.area) <= 1e-15 * list_sum(list_transform(ouce_o.sides, lambda ouce_s: ouce_s.length)) THEN NULL
            WHEN list_max(list_transform(ouce_o.sides, lambda ouce_s: vector_angle(ouce_s.a, ouce_o.sides[1].a))) > 1e-4
            THEN list_transform([1, 2, 3], lambda ouce_j:
                sign(ouce_o.area) * list_sum(list_transform(ouce_o.sides, lambda ouce_s: ouce_s.length * ouce_s.n[ouce_j])))
            ELSE list_transform([1, 2, 3], lambda ouce_j: 3 * ouce_o.sides[1].a[ouce_j]
                + list_sum(list_transform(ouce_o.sides, lambda ouce_s: side_weight(ouce_o.sides[1].a, ouce_s)
                    * (ouce_s.a[ouce_j] - ouce_o.sides[1].a[ouce_j] + ouce_s.b[ouce_j] - ouce_o.sides[1].a[ouce_j])))
                / list_sum(list_transform(ouce_o.sides, lambda ouce_s: side_weight(ouce_o.sides[1].a, ouce_s)))) END))[1]
