-- The unit vectors of a polygon's vertices without repetitions; NULL where a coordinate is missing or no coordinate
-- polygon   longitude and latitude of each vertex in turn [deg]
CREATE OR REPLACE MACRO outline_vertices(polygon) AS
    list_transform([polygon], lambda ouve_p: CASE
        WHEN len(ouve_p) >= 6 AND len(ouve_p) % 2 = 0 AND list_bool_and(list_transform(ouve_p,
            lambda ouve_x, ouve_i: coalesce(isfinite(ouve_x) AND (ouve_i % 2 = 1 OR abs(ouve_x) <= 90), false)))
        THEN list_transform([list_transform(range(1, len(ouve_p), 2), lambda ouve_i: unit_vector(ouve_p[ouve_i], ouve_p[ouve_i + 1]))],
            lambda ouve_v: list_filter(ouve_v, lambda ouve_x, ouve_i: ouve_x <> ouve_v[CASE WHEN ouve_i = 1 THEN len(ouve_v) ELSE ouve_i - 1 END]))[1]
        END)[1]
