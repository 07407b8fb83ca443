-- One row per star that was fitted (temporary table `fitted`), with its V and its identifier in Gaia DR3
-- run     run_id of the matches
-- through name of the intermediary
-- gaia    name of the catalogue whose identifier the paper gives
WITH matches AS (
    SELECT source_id, catalogue_name, entry_id, v_mag
    FROM results.paper004_match
    WHERE run_id = $run AND fate = 'kept'
)
SELECT f.*, v.v_mag, 'Gaia DR3 ' || g.entry_id AS gaia_id, hpx29(f.ra, f.dec) AS hpx29, $run AS run_id
FROM fitted AS f
LEFT JOIN (SELECT * FROM matches WHERE catalogue_name = $through) AS v ON v.source_id = f.source_id
LEFT JOIN (SELECT * FROM matches WHERE catalogue_name = $gaia) AS g ON g.source_id = f.source_id
