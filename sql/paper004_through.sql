-- One row per star that has an entry of its own in the intermediary, at the place of that entry
SELECT r.star AS source_id, r.entry AS through_id, r.ra, r.dec, r.separation, r.n_candidates,
    r.v_mag, r.v_mag_error, m.v_mag AS mother_v_mag, m.v_mag_error AS mother_v_mag_error,
    hpx29(r.ra, r.dec) AS hpx29
FROM ranked AS r JOIN mother_magnitude AS m USING (star)
WHERE NOT r.claimed
