-- The identifier of one star of Hipparcos-2
SELECT source_id
FROM catalogs.hipparcos2
ORDER BY source_id
