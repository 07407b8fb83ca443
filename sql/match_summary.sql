-- How many rows a side of a match has, how many can not take part, and the range of the epochs of the others
-- source   view with hpx29 and epoch
SELECT count(*) AS n,
    count(*) - count(hpx29) AS without_position,
    count(*) - count(id) AS without_id,
    count(*) FILTER (hpx29 IS NOT NULL AND epoch IS NULL) AS without_epoch,
    min(epoch) FILTER (hpx29 IS NOT NULL) AS first_epoch,
    max(epoch) FILTER (hpx29 IS NOT NULL) AS last_epoch
FROM query_table($source)
