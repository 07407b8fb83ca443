-- The direction of a vector of any length: longitude in [0, 360) and latitude [deg]
-- v   the vector
CREATE OR REPLACE MACRO vector_position(v) AS
    list_transform(list_filter([v], lambda vepo_w: vepo_w IS NOT NULL), lambda vepo_w: [
        CASE WHEN vepo_w[2] < 0 THEN (360 + degrees(atan2(vepo_w[2], vepo_w[1]))) % 360 ELSE degrees(atan2(vepo_w[2], vepo_w[1])) END,
        degrees(atan2(vepo_w[3], sqrt(vepo_w[1]^2 + vepo_w[2]^2)))])[1]
