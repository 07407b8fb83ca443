-- One row per catalogue that alone keeps stars from being complete: how many it loses
-- run       run_id of the matches
-- wanted    names of the catalogues that count
WITH lost AS (
    SELECT source_id, max(catalogue_name) FILTER (fate <> 'kept') AS catalogue_name
    FROM results.paper004_match
    WHERE run_id = $run AND list_contains($wanted, catalogue_name)
    GROUP BY source_id
    HAVING count(*) FILTER (fate = 'kept') = len($wanted) - 1
)
SELECT catalogue_name, count(*) AS stars
FROM lost
GROUP BY catalogue_name
ORDER BY catalogue_name
