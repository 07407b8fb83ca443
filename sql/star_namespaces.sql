-- A catalogue that identifiers are from
SELECT DISTINCT namespace FROM matches.identifiers WHERE namespace IS NOT NULL
