-- Makes the empty table that match_candidates fills
CREATE OR REPLACE TEMP TABLE candidates AS
SELECT COLUMNS(l.*) AS 'left_\0', COLUMNS(r.*) AS 'right_\0'
FROM (SELECT * EXCLUDE (hpx29), 0::BIGINT AS cell FROM left_points LIMIT 0) l,
    (SELECT * EXCLUDE (hpx29), 0::BIGINT AS cell FROM right_points LIMIT 0) r
