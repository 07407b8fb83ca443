-- The unit vector along a vector; NULL of one that is zero
-- v   the vector, DOUBLE[3]
CREATE OR REPLACE MACRO direction(v) AS
    list_transform([{'v': v, 'length': sqrt(array_inner_product(v, v))}], lambda s:
        CASE WHEN s.length > 0 THEN [s.v[1] / s.length, s.v[2] / s.length, s.v[3] / s.length]::DOUBLE[3] END)[1]
