-- One row: how many stars a run tested and of which class they are, with the range of the accelerating ones
-- run   run_id
SELECT count(motion_class) AS stars,
    count(*) FILTER (motion_class = 'accelerating') AS accelerating,
    count(*) FILTER (motion_class = 'uniform') AS uniform,
    min(v_mag) FILTER (motion_class = 'accelerating') AS brightest,
    max(v_mag) FILTER (motion_class = 'accelerating') AS faintest,
    min("dec") FILTER (motion_class = 'accelerating') AS south,
    max("dec") FILTER (motion_class = 'accelerating') AS north
FROM results.paper004_star
WHERE run_id = $run
