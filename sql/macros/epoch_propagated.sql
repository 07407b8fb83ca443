-- The six parameters of a star at another epoch: [ra, dec, parallax, pmra, pmdec, radial_velocity]
-- ra_deg        right ascension [deg]
-- dec_deg       declination [deg]
-- parallax_mas  parallax [mas]; NULL is that of an infinite distance
-- pmra_mas_yr   motion in right ascension, with cos(dec) [mas/yr]
-- pmdec_mas_yr  motion in declination [mas/yr]; if one of both is NULL there is no motion
-- velocity_km_s radial velocity [km/s]; NULL is none
-- from_yr       epoch of the parameters [Julian yr]
-- to_yr         epoch wanted [Julian yr]
CREATE OR REPLACE MACRO epoch_propagated(ra_deg, dec_deg, parallax_mas, pmra_mas_yr, pmdec_mas_yr, velocity_km_s, from_yr, to_yr) AS
    -- ESA SP-1200 vol. 1, section 1.5.5, in the local triad: p east, q north, r outward; motions in radians.
    list_transform(list_transform(list_transform(list_transform(
        [{'ra': ra_deg::DOUBLE, 'dec': dec_deg::DOUBLE, 'plx': parallax_mas::DOUBLE, 'mua': pmra_mas_yr::DOUBLE,
          'mud': pmdec_mas_yr::DOUBLE, 'rv': velocity_km_s::DOUBLE, 't': to_yr::DOUBLE - from_yr::DOUBLE}],
        lambda s: {'s': s, 'moves': s.mua IS NOT NULL AND s.mud IS NOT NULL,
            't': CASE WHEN s.ra IS NULL OR s.dec IS NULL OR s.t IS NULL
                      THEN error('a position or an epoch to be propagated is NULL') ELSE s.t END,
            'c': cos(radians(s.dec)), 'd': sin(radians(s.dec)),
            'zeta': coalesce(radians(s.rv * s.plx / 4.740470463533349 / 3.6e6), 0)}),
        lambda s: {'s': s.s, 'moves': s.moves, 't': s.t, 'c': s.c, 'd': s.d, 'zeta': s.zeta,
            'a': CASE WHEN s.moves THEN radians(s.s.mua / 3.6e6) ELSE 0 END,
            'b': CASE WHEN s.moves THEN radians(s.s.mud / 3.6e6) ELSE 0 END}),
        lambda s: {'s': s.s, 'moves': s.moves, 't': s.t, 'c': s.c, 'd': s.d, 'zeta': s.zeta, 'a': s.a, 'b': s.b,
            'east': s.a * s.t, 'out': (1 + s.zeta * s.t) * s.c - s.b * s.t * s.d,
            'up': (1 + s.zeta * s.t) * s.d + s.b * s.t * s.c,
            'mu2': s.a * s.a + s.b * s.b,
            'f2': 1 / (1 + 2 * s.zeta * s.t + (s.a * s.a + s.b * s.b + s.zeta * s.zeta) * s.t * s.t)}),
        lambda s: list_transform([{
            -- The motion, not yet shortened by f3, in the old triad turned to the meridian of the old place.
            'p': s.a * (1 + s.zeta * s.t),
            'o': s.b * -s.d * (1 + s.zeta * s.t) - s.c * s.mu2 * s.t,
            'u': s.b * s.c * (1 + s.zeta * s.t) - s.d * s.mu2 * s.t,
            'h': sqrt(s.out * s.out + s.east * s.east)}],
            lambda m: [
                circled_deg(s.s.ra + degrees(atan2(s.east, s.out))),
                degrees(atan2(s.up, m.h)),
                s.s.plx * sqrt(s.f2),
                CASE WHEN s.moves THEN
                    degrees((m.p * s.out - m.o * s.east) / m.h * pow(s.f2, 1.5)) * 3.6e6 END,
                CASE WHEN s.moves THEN degrees((m.u * m.h - s.up * (m.o * s.out + m.p * s.east) / m.h)
                    * s.f2 * s.f2) * 3.6e6 END,
                CASE WHEN s.s.plx IS NULL OR s.s.plx = 0 OR NOT s.moves AND s.s.rv IS NULL THEN s.s.rv
                     WHEN s.s.rv IS NOT NULL THEN
                     degrees((s.zeta + (s.mu2 + s.zeta * s.zeta) * s.t) * s.f2) * 3.6e6 * 4.740470463533349
                     / (s.s.plx * sqrt(s.f2)) END])[1])[1]
