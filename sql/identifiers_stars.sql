-- Where each star of the graph that has a position is: as its best row lists it, with a motion if any row has one
CREATE OR REPLACE TEMP TABLE identified AS
SELECT DISTINCT ON (j.star) j.star AS source_id, p.* EXCLUDE (tab, row_id, hpx29)
FROM row_position p JOIN node n USING (tab, row_id) JOIN joined j USING (node) JOIN told USING (tab)
WHERE told.of_stars AND p.ra IS NOT NULL
ORDER BY j.star, p.pmra IS NULL, coalesce(p.ra_error, 1e9), p.tab
