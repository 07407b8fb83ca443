-- What hpx29 gives, at half its speed, of a position that may be a row's of a query around the one that asks
-- ra_deg    right ascension [deg]
-- dec_deg   declination [deg]
CREATE OR REPLACE MACRO hpx29_of_row(ra_deg, dec_deg) AS
    -- The stages of with_hpx29, each in a lambda; the innermost is the first. A subquery, as in hpx29, would keep
    -- DuckDB from joining by what it gives.
    list_transform(list_transform(list_transform(list_transform(list_transform(list_transform(list_transform(
        list_transform(list_transform([{'ra': ra_deg::DOUBLE, 'dec': dec_deg::DOUBLE}],
        lambda hp_a: CASE WHEN isfinite(hp_a.ra) AND isfinite(hp_a.dec) THEN {'turn': hp_a.ra / 90 - 4 * floor(hp_a.ra / 360),
            'z': sin(radians(hp_a.dec)), 'c': cos(radians(hp_a.dec))} END),
        lambda hp_b: {'turn': hp_b.turn, 'z': hp_b.z, 'cap': abs(hp_b.z) > 2 / 3, 'quadrant': least(floor(hp_b.turn), 3),
            'ring': 536870912 * hp_b.c / sqrt((1 + abs(hp_b.z)) / 3)}),
        lambda hp_c: {'z': hp_c.z, 'cap': hp_c.cap, 'quadrant': hp_c.quadrant::BIGINT,
            'rising': CASE WHEN hp_c.cap THEN least(536870911, floor((hp_c.turn - hp_c.quadrant) * hp_c.ring))
                ELSE floor(536870912 * (0.5 + hp_c.turn) - 402653184 * hp_c.z) END::BIGINT,
            'falling': CASE WHEN hp_c.cap THEN least(536870911, floor((1 - (hp_c.turn - hp_c.quadrant)) * hp_c.ring))
                ELSE floor(536870912 * (0.5 + hp_c.turn) + 402653184 * hp_c.z) END::BIGINT}),
        lambda hp_d: {
            'base': CASE WHEN hp_d.cap THEN hp_d.quadrant + CASE WHEN hp_d.z < 0 THEN 8 ELSE 0 END
                WHEN hp_d.rising >> 29 = hp_d.falling >> 29 THEN ((hp_d.rising >> 29) & 3) + 4
                WHEN hp_d.rising >> 29 < hp_d.falling >> 29 THEN (hp_d.rising >> 29) & 3
                ELSE ((hp_d.falling >> 29) & 3) + 8 END,
            'x': CASE WHEN NOT hp_d.cap THEN hp_d.falling & 536870911
                WHEN hp_d.z > 0 THEN 536870911 - hp_d.falling ELSE hp_d.rising END,
            'y': CASE WHEN NOT hp_d.cap THEN 536870911 - (hp_d.rising & 536870911)
                WHEN hp_d.z > 0 THEN 536870911 - hp_d.rising ELSE hp_d.falling END}),
        lambda hp_e: {'base': hp_e.base, 'x': (hp_e.x | (hp_e.x << 16)) & 281470681808895,
            'y': (hp_e.y | (hp_e.y << 16)) & 281470681808895}),
        lambda hp_f: {'base': hp_f.base, 'x': (hp_f.x | (hp_f.x << 8)) & 71777214294589695,
            'y': (hp_f.y | (hp_f.y << 8)) & 71777214294589695}),
        lambda hp_g: {'base': hp_g.base, 'x': (hp_g.x | (hp_g.x << 4)) & 1085102592571150095,
            'y': (hp_g.y | (hp_g.y << 4)) & 1085102592571150095}),
        lambda hp_h: {'base': hp_h.base, 'x': (hp_h.x | (hp_h.x << 2)) & 3689348814741910323,
            'y': (hp_h.y | (hp_h.y << 2)) & 3689348814741910323}),
        lambda hp_i: (hp_i.base << 58) | (((hp_i.y | (hp_i.y << 1)) & 6148914691236517205) << 1)
            | ((hp_i.x | (hp_i.x << 1)) & 6148914691236517205))[1]
