-- How many sides the arc from the reference direction of an outline to a direction crosses
-- p       the direction, DOUBLE[3]
-- sides   the sides
CREATE OR REPLACE MACRO side_crossings(p, sides) AS
    list_transform([p], lambda sicr_p: len(list_filter(sides, lambda sicr_s: crosses_side(sicr_p, sicr_s))))[1]
