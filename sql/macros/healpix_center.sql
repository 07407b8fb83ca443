-- The centre [lon, lat] of a nested HEALPix cell [deg]; NULL if there is no such cell
-- hpx_order   order of the cell, 0 to 29
-- hpx_index   its number
CREATE OR REPLACE MACRO healpix_center(hpx_order, hpx_index) AS
    -- Gorski et al. 2005 (ApJ 622, 759) section 4.1: the face, the cell's row and column on it, the ring, the place in it.
    list_transform(list_transform(list_transform(list_transform(
        [{'k': hpx_order, 'i': hpx_index}],
        lambda s: CASE WHEN s.i >= 0 AND s.i < 12 * (1::BIGINT << (2 * s.k)) THEN {
            'n': 1::BIGINT << s.k,
            'face': (s.i >> (2 * s.k)) + 1,
            'x': list_sum(list_transform(range(s.k), lambda b: ((s.i >> (2 * b)) & 1) << b)),
            'y': list_sum(list_transform(range(s.k), lambda b: ((s.i >> (2 * b + 1)) & 1) << b))} END),
        lambda s: {'n': s.n, 'face': s.face, 'east': (coalesce(s.x, 0) - coalesce(s.y, 0))::BIGINT,
            'ring': ((s.face + 7) // 4 * s.n - coalesce(s.x, 0) - coalesce(s.y, 0) - 1)::BIGINT}),
        lambda s: {'n': s.n, 'face': s.face, 'east': s.east, 'ring': s.ring,
            'steps': CASE WHEN s.ring < s.n THEN s.ring WHEN s.ring > 3 * s.n THEN 4 * s.n - s.ring ELSE s.n END,
            'shift': CASE WHEN s.ring BETWEEN s.n AND 3 * s.n THEN (s.ring - s.n) & 1 ELSE 0 END}),
        -- Near the poles the distance from the pole keeps the digits that z = cos(distance) loses.
        lambda s: CASE WHEN s.n IS NOT NULL THEN [
            (45 * ([1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7][s.face] * s.steps + s.east)::DOUBLE / s.steps + 360) % 360,
            CASE WHEN s.ring < s.n THEN 90 - 2 * degrees(asin(s.steps / (s.n * sqrt(6e0))))
                 WHEN s.ring > 3 * s.n THEN 2 * degrees(asin(s.steps / (s.n * sqrt(6e0)))) - 90
                 ELSE degrees(asin(2e0 * (2 * s.n - s.ring) / (3 * s.n))) END] END)[1]
