-- The unit vector along a vector; NULL of one that is zero
-- v   the vector, DOUBLE[3]
CREATE OR REPLACE MACRO direction(v) AS
    list_transform([{'v': v, 'length': sqrt(array_inner_product(v, v))}], lambda di_s:
        CASE WHEN di_s.length > 0 THEN [di_s.v[1] / di_s.length, di_s.v[2] / di_s.length, di_s.v[3] / di_s.length]::DOUBLE[3] END)[1]
