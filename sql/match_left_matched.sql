-- The number of left identifiers that have a pair
SELECT (SELECT count(*) FROM pairs) - coalesce(sum(n - 1), 0) AS n FROM crowded_left
