-- Joins the pairs of left and intermediary to those of intermediary and right; one pair per left and right row
CREATE OR REPLACE TEMP TABLE pairs AS
SELECT h.left_id, p.right_id,
    separation_arcsec(h.ra, h.dec, r.ra, r.dec) AS separation,
    position_angle_deg(h.ra, h.dec, r.ra, r.dec) AS position_angle,
    h.epoch AS left_epoch,
    r.epoch AS right_epoch,
    NULL::DOUBLE AS match_epoch
FROM first_hop h JOIN pairs p ON p.left_id = h.via_id JOIN right_rows r ON r.id = p.right_id
QUALIFY row_number() OVER (PARTITION BY h.left_id, p.right_id ORDER BY separation) = 1
