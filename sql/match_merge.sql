-- Keeps of several pairs of the same two identifiers the closest
CREATE OR REPLACE TEMP TABLE pairs AS
SELECT DISTINCT ON (left_id, right_id) * FROM pairs ORDER BY left_id, right_id, separation
