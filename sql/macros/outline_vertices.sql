-- The unit vectors of a polygon's vertices without repetitions; NULL where a coordinate is missing or no coordinate
-- polygon   longitude and latitude of each vertex in turn [deg]
CREATE OR REPLACE MACRO outline_vertices(polygon) AS
    list_transform([polygon], lambda p: CASE
        WHEN len(p) >= 6 AND len(p) % 2 = 0 AND list_bool_and(list_transform(p,
            lambda x, i: coalesce(isfinite(x) AND (i % 2 = 1 OR abs(x) <= 90), false)))
        THEN list_transform([list_transform(range(1, len(p), 2), lambda i: unit_vector(p[i], p[i + 1]))],
            lambda v: list_filter(v, lambda x, i: x <> v[CASE WHEN i = 1 THEN len(v) ELSE i - 1 END]))[1]
        END)[1]
