-- A Hipparcos star and the row of another catalogue that is known to be its own
-- tbl         qualified name of the other catalogue
-- left_ids    Hipparcos numbers
-- right_ids   identifiers of their rows, as text, in the same order
WITH missed AS (
    SELECT unnest($left_ids) AS hip, unnest($right_ids) AS name
)
SELECT m.hip, h.ra, h.dec, h.ref_epoch AS hip_epoch, h.parallax, h.pmra, h.pmdec,
       o.ra AS row_ra, o.dec AS row_dec, o.ref_epoch
FROM missed m
JOIN catalogs.hipparcos2 h ON h.source_id = m.hip
JOIN query_table($tbl) o ON CAST(o.source_id AS VARCHAR) = m.name
ORDER BY m.hip
