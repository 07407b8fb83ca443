-- A catalogue in the multi-epoch table: its entries, the stars they belong to, and their epochs
SELECT catalogue_name, count(*) AS entries, count(DISTINCT obj_id) AS stars, min(epoch) AS first, max(epoch) AS last
FROM results.astrom_epoch
GROUP BY catalogue_name
ORDER BY first
