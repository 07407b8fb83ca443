-- An edge of the graph: a row, an identifier in it, and whether that names a system
SELECT r.node AS row_node, i.node AS identifier_node, s.of_system
FROM said s
JOIN node r ON r.tab = s.tab AND r.row_id = s.row_id
JOIN node i ON i.namespace = s.namespace AND i.search_key = s.search_key
