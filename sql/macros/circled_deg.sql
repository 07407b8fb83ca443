-- An angle between -360 and 720 brought to [0, 360), without loss to those that are there [deg]
-- angle   the angle [deg]
CREATE OR REPLACE MACRO circled_deg(angle) AS
    list_transform([angle], lambda a: CASE WHEN a < 0 THEN CASE WHEN a + 360 < 360 THEN a + 360 ELSE 0 END
        WHEN a >= 360 THEN a - 360 ELSE a END)[1]
