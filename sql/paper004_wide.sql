-- One row per star of a multi-epoch table in the 55 columns of paper 004, section 2.3: its identifier, ten positions, its motion
-- epochs  qualified name of the multi-epoch table
-- prefix  what stands before the star's name in the table where gaia_dr3 does not have it
WITH own AS (
    -- Coordinates that have their own epochs: the layout has one for both.
    SELECT e.obj_id, e.catalogue_name, e.ra, e."dec", coalesce(e.ra_epoch, e.epoch) AS ra_epoch,
        coalesce(e.dec_epoch, e.epoch) AS dec_epoch, e.epoch AS at_epoch, g.pmra, g.pmdec,
        CAST(NULL AS DOUBLE) AS radial_motion
    FROM query_table($epochs) AS e
    JOIN query_table($epochs) AS g ON g.obj_id = e.obj_id AND g.catalogue_name = 'gaia_dr3'
    WHERE (e.ra_epoch <> e.epoch OR e.dec_epoch <> e.epoch) AND g.pmra IS NOT NULL AND g.pmdec IS NOT NULL
), placed AS (
    SELECT obj_id, catalogue_name, (ra % 360 + 360) % 360 AS ra, "dec" FROM moved('own')
), entries AS (
    SELECT e.* REPLACE (coalesce(p.ra, e.ra) AS ra, coalesce(p."dec", e."dec") AS "dec")
    FROM query_table($epochs) AS e
    LEFT JOIN placed AS p ON p.obj_id = e.obj_id AND p.catalogue_name = e.catalogue_name
)
SELECT coalesce('Gaia DR3 ' || max(entry_id) FILTER (catalogue_name = 'gaia_dr3'), $prefix || obj_id) AS gaia_id,
    max(epoch) FILTER (catalogue_name = 'npm1') AS npm1_epoch,
    max(ra) FILTER (catalogue_name = 'npm1') AS npm1_ra,
    max(ra_error) FILTER (catalogue_name = 'npm1') AS npm1_ra_error,
    max("dec") FILTER (catalogue_name = 'npm1') AS npm1_dec,
    max(dec_error) FILTER (catalogue_name = 'npm1') AS npm1_dec_error,
    max(epoch) FILTER (catalogue_name = 'gsc22') AS gsc22_epoch,
    max(ra) FILTER (catalogue_name = 'gsc22') AS gsc22_ra,
    max(ra_error) FILTER (catalogue_name = 'gsc22') AS gsc22_ra_error,
    max("dec") FILTER (catalogue_name = 'gsc22') AS gsc22_dec,
    max(dec_error) FILTER (catalogue_name = 'gsc22') AS gsc22_dec_error,
    max(epoch) FILTER (catalogue_name = 'tycho2') AS tycho2_epoch,
    max(ra) FILTER (catalogue_name = 'tycho2') AS tycho2_ra,
    max(ra_error) FILTER (catalogue_name = 'tycho2') AS tycho2_ra_error,
    max("dec") FILTER (catalogue_name = 'tycho2') AS tycho2_dec,
    max(dec_error) FILTER (catalogue_name = 'tycho2') AS tycho2_dec_error,
    max(epoch) FILTER (catalogue_name = 'ucac5') AS ucac5_epoch,
    max(ra) FILTER (catalogue_name = 'ucac5') AS ucac5_ra,
    max(ra_error) FILTER (catalogue_name = 'ucac5') AS ucac5_ra_error,
    max("dec") FILTER (catalogue_name = 'ucac5') AS ucac5_dec,
    max(dec_error) FILTER (catalogue_name = 'ucac5') AS ucac5_dec_error,
    max(epoch) FILTER (catalogue_name = 'twomass') AS twomass_epoch,
    max(ra) FILTER (catalogue_name = 'twomass') AS twomass_ra,
    max(ra_error) FILTER (catalogue_name = 'twomass') AS twomass_ra_error,
    max("dec") FILTER (catalogue_name = 'twomass') AS twomass_dec,
    max(dec_error) FILTER (catalogue_name = 'twomass') AS twomass_dec_error,
    max(epoch) FILTER (catalogue_name = 'allwise') AS allwise_epoch,
    max(ra) FILTER (catalogue_name = 'allwise') AS allwise_ra,
    max(ra_error) FILTER (catalogue_name = 'allwise') AS allwise_ra_error,
    max("dec") FILTER (catalogue_name = 'allwise') AS allwise_dec,
    max(dec_error) FILTER (catalogue_name = 'allwise') AS allwise_dec_error,
    max(epoch) FILTER (catalogue_name = 'urat1') AS urat1_epoch,
    max(ra) FILTER (catalogue_name = 'urat1') AS urat1_ra,
    max(ra_error) FILTER (catalogue_name = 'urat1') AS urat1_ra_error,
    max("dec") FILTER (catalogue_name = 'urat1') AS urat1_dec,
    max(dec_error) FILTER (catalogue_name = 'urat1') AS urat1_dec_error,
    max(epoch) FILTER (catalogue_name = 'gaia_dr1') AS gaia_dr1_epoch,
    max(ra) FILTER (catalogue_name = 'gaia_dr1') AS gaia_dr1_ra,
    max(ra_error) FILTER (catalogue_name = 'gaia_dr1') AS gaia_dr1_ra_error,
    max("dec") FILTER (catalogue_name = 'gaia_dr1') AS gaia_dr1_dec,
    max(dec_error) FILTER (catalogue_name = 'gaia_dr1') AS gaia_dr1_dec_error,
    max(epoch) FILTER (catalogue_name = 'gaia_dr2') AS gaia_dr2_epoch,
    max(ra) FILTER (catalogue_name = 'gaia_dr2') AS gaia_dr2_ra,
    max(ra_error) FILTER (catalogue_name = 'gaia_dr2') AS gaia_dr2_ra_error,
    max("dec") FILTER (catalogue_name = 'gaia_dr2') AS gaia_dr2_dec,
    max(dec_error) FILTER (catalogue_name = 'gaia_dr2') AS gaia_dr2_dec_error,
    max(epoch) FILTER (catalogue_name = 'gaia_dr3') AS gaia_dr3_epoch,
    max(ra) FILTER (catalogue_name = 'gaia_dr3') AS gaia_dr3_ra,
    max(ra_error) FILTER (catalogue_name = 'gaia_dr3') AS gaia_dr3_ra_error,
    max("dec") FILTER (catalogue_name = 'gaia_dr3') AS gaia_dr3_dec,
    max(dec_error) FILTER (catalogue_name = 'gaia_dr3') AS gaia_dr3_dec_error,
    max(parallax) FILTER (catalogue_name = 'gaia_dr3') AS parallax,
    max(radial_velocity) FILTER (catalogue_name = 'gaia_dr3') AS radial_velocity,
    max(pmra) FILTER (catalogue_name = 'gaia_dr3') AS pmra,
    max(pmdec) FILTER (catalogue_name = 'gaia_dr3') AS pmdec
FROM entries
GROUP BY obj_id
ORDER BY obj_id
