-- One identifier of one row of the store: the star it belongs to and that star's system
SELECT
    j.system + 1 AS system_id,
    CASE WHEN t.of_stars THEN j.star + 1 END AS object_id,
    s.namespace, s.identifier, t.table_name, s.row_id,
    CASE WHEN s.own THEN 'own' WHEN s.of_system THEN 'system' ELSE 'listed' END AS relation,
    NULL::DOUBLE AS separation,
    p.ra, p.dec, p.hpx29, s.search_key
FROM said s
JOIN told t USING (tab)
JOIN node n ON n.tab = s.tab AND n.row_id = s.row_id
JOIN joined j ON j.node = n.node
LEFT JOIN row_position p ON p.tab = s.tab AND p.row_id = s.row_id
UNION ALL
SELECT
    j.system + 1, j.star + 1, t.namespace, n.row_id, t.table_name, n.row_id, 'position',
    n.separation, n.ra, n.dec, n.hpx29, identifier_key(n.row_id)
FROM near n JOIN told t USING (tab) JOIN (SELECT DISTINCT star, system FROM joined) j USING (star)
