-- A hash of the left identifier of each pair
SELECT hash(left_id) AS h FROM pairs
