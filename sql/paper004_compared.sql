-- Makes the temporary table `candidate` of `raw_candidate`: each with its V minus that of the intermediary
-- sample   qualified name of the stars that have an entry in the intermediary
CREATE OR REPLACE TEMP TABLE candidate AS
SELECT c.*, c.v_mag - s.v_mag AS delta_v, sqrt(pow(c.v_mag_error, 2) + pow(s.v_mag_error, 2)) AS delta_v_error
FROM raw_candidate AS c JOIN query_table($sample) AS s ON s.source_id = c.star
