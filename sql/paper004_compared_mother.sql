-- Makes the temporary table `candidate` of `raw_candidate`: each with its V minus that of its star in the mother
CREATE OR REPLACE TEMP TABLE candidate AS
SELECT c.*, c.v_mag - m.v_mag AS delta_v, sqrt(pow(c.v_mag_error, 2) + pow(m.v_mag_error, 2)) AS delta_v_error
FROM raw_candidate AS c JOIN mother_magnitude AS m USING (star)
