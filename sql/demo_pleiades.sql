-- One row: members in all, in the cone by identifier, paired with that very star, and with it as the nearest
WITH member AS (
    SELECT source_id AS member_id, CAST(dr3_source_id AS BIGINT) AS gaia_id FROM catalogs.pleiades_rebull
), ranked AS (
    SELECT left_id, right_id,
           row_number() OVER (PARTITION BY left_id ORDER BY separation, right_id) AS place
    FROM matches.pleiades
)
SELECT count(*) AS members,
       count(g.source_id) AS inside,
       count(r.right_id) AS paired,
       count(*) FILTER (r.place = 1) AS nearest
FROM member m
LEFT JOIN catalogs.pleiades_gaia g ON g.source_id = m.gaia_id
LEFT JOIN ranked r ON r.left_id = m.member_id AND r.right_id = g.source_id
