-- Names the nearest left identifier of each right one that has several candidates, ties by left_id
CREATE OR REPLACE TEMP TABLE crowded_right AS
SELECT right_id, count(*) AS n, first(left_id ORDER BY separation, left_id) AS best
FROM pairs
WHERE hash(right_id) IN (SELECT h FROM repeated)
GROUP BY right_id
HAVING n > 1
