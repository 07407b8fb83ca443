-- A polygon on the sphere prepared for tests: its sides, which way round, a reference direction, its area; NULL if it is none
-- polygon   longitude and latitude of each vertex in turn [deg], as DALI has a polygon
CREATE OR REPLACE MACRO outline(polygon) AS
    -- Sides are arcs of great circles below 180 deg; the inside is the smaller of both regions, whichever way
    -- round the vertices go; of two halves of the sky it is the one to the left.
    outline_of_sides(outline_sides(outline_vertices(polygon)))
