-- Counts the candidates of each left identifier that has several, and names the nearest, ties by right_id
CREATE OR REPLACE TEMP TABLE crowded_left AS
SELECT left_id, count(*) AS n, first(right_id ORDER BY separation, right_id) AS best
FROM pairs
WHERE hash(left_id) IN (SELECT h FROM repeated)
GROUP BY left_id
HAVING n > 1
