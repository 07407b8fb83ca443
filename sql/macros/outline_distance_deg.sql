-- The angle from a direction to the nearest point of a polygon's sides [deg]
-- p       the direction, DOUBLE[3]
-- shape   the polygon as outline gives it
CREATE OR REPLACE MACRO outline_distance_deg(p, shape) AS
    CASE WHEN p IS NOT NULL THEN degrees(list_min(list_transform(shape.sides, lambda oudide_s: CASE
        WHEN array_inner_product(oudide_s.after_a, p) > 0 AND array_inner_product(oudide_s.before_b, p) > 0
        THEN atan2(abs(array_inner_product(oudide_s.n, p)),
            sqrt(array_inner_product(oudide_s.a, p)^2 + array_inner_product(oudide_s.after_a, p)^2))
        ELSE vector_angle(oudide_s.a, p) END))) END
