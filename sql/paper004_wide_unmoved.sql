-- How many positions of a multi-epoch table have an epoch for each coordinate, and how many of them have no motion to move them by
-- epochs  qualified name of the multi-epoch table
SELECT count(*) AS own_epochs, count(*) FILTER (g.pmra IS NULL OR g.pmdec IS NULL) AS unmoved
FROM query_table($epochs) AS e
LEFT JOIN query_table($epochs) AS g ON g.obj_id = e.obj_id AND g.catalogue_name = 'gaia_dr3'
WHERE e.ra_epoch <> e.epoch OR e.dec_epoch <> e.epoch
