-- The centre of mass of a polygon: longitude in [0, 360) and latitude [deg]; NULL if it has no area
-- shape   the polygon as outline gives it
CREATE OR REPLACE MACRO outline_centre(shape) AS
    -- The mean direction is half the sum of each side's length times its normal. Below 1e-4 rad that cancels,
    -- and flat triangles from the first vertex are nearer to the truth.
    list_transform([shape], lambda o: vector_position(
        CASE WHEN abs(o.area) <= 1e-15 * list_sum(list_transform(o.sides, lambda s: s.length)) THEN NULL
            WHEN list_max(list_transform(o.sides, lambda s: vector_angle(s.a, o.sides[1].a))) > 1e-4
            THEN list_transform([1, 2, 3], lambda j:
                sign(o.area) * list_sum(list_transform(o.sides, lambda s: s.length * s.n[j])))
            ELSE list_transform([1, 2, 3], lambda j: 3 * o.sides[1].a[j]
                + list_sum(list_transform(o.sides, lambda s: side_weight(o.sides[1].a, s)
                    * (s.a[j] - o.sides[1].a[j] + s.b[j] - o.sides[1].a[j])))
                / list_sum(list_transform(o.sides, lambda s: side_weight(o.sides[1].a, s)))) END))[1]
