-- The orbits of a table with the columns of orb6, those of one pair numbered from the best
-- table   qualified name of the table of orbits
SELECT
    CAST(source_id AS VARCHAR) AS source_id, wds, dd AS discoverer, ref AS reference, grade, hip, v1, v2,
    row_number() OVER (
        PARTITION BY wds, dd
        ORDER BY CASE WHEN grade = 7 THEN 10 ELSE grade END NULLS LAST,
            TRY_CAST(regexp_extract(ref, '[0-9]{4}') AS INTEGER) DESC NULLS LAST, ref DESC, p_listed, t_listed, a_listed
    ) AS orbit_number,
    ra, dec, p, p_listed, p_unit, p_error, a, a_listed, a_unit, a_error,
    t, t_listed, t_unit, e, i, node, node_flag, arg_periastron, arg_periastron_flag, equinox
FROM query_table($table)
ORDER BY wds, dd, orbit_number
