-- Sets the pairs of the left table with the intermediary aside, with where the left rows are
CREATE OR REPLACE TEMP TABLE first_hop AS
SELECT p.left_id, p.right_id AS via_id, l.ra, l.dec, l.epoch
FROM pairs p JOIN left_rows l ON l.id = p.left_id
