-- The mean direction of a polygon's vertices
-- sides   its sides as outline_sides gives them
CREATE OR REPLACE MACRO sides_middle(sides) AS
    direction([list_sum(list_transform(sides, lambda simid_s: simid_s.a[1])),
        list_sum(list_transform(sides, lambda simid_s: simid_s.a[2])),
        list_sum(list_transform(sides, lambda simid_s: simid_s.a[3]))]::DOUBLE[3])
