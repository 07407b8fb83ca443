-- Removes the pairs of a row with itself
DELETE FROM pairs WHERE left_id = right_id
