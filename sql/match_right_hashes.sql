-- A hash of the right identifier of each pair
SELECT hash(right_id) AS h FROM pairs
