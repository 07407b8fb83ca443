-- The angle between two unit vectors [rad], right from 0 to pi
-- a   the first vector, DOUBLE[3]
-- b   the second vector, DOUBLE[3]
CREATE OR REPLACE MACRO vector_angle(a, b) AS
    2 * atan2(sqrt((a[1] - b[1])^2 + (a[2] - b[2])^2 + (a[3] - b[3])^2),
        sqrt((a[1] + b[1])^2 + (a[2] + b[2])^2 + (a[3] + b[3])^2))
