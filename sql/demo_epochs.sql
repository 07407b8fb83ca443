-- A catalogue in the multi-epoch table: its entries, first and last epoch
SELECT catalogue_name, count(*) AS entries, min(epoch) AS first, max(epoch) AS last
FROM results.astrom_epoch
GROUP BY catalogue_name
ORDER BY first
