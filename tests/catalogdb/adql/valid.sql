-- ADQL 2.1, one query to a line: each is accepted by the strict grammar and by the lenient one.

-- SELECT
SELECT ra FROM stars
select ra from stars
SeLeCt ra FrOm stars
SELECT * FROM stars
SELECT ALL ra FROM stars
SELECT DISTINCT ra FROM stars
SELECT TOP 10 ra FROM stars
SELECT TOP 0 ra FROM stars
SELECT DISTINCT TOP 10 ra, dec FROM stars
SELECT ALL TOP 10 * FROM stars
SELECT ra, dec FROM stars
SELECT ra AS alpha FROM stars
SELECT ra alpha FROM stars
SELECT ra AS "Alpha" FROM stars
SELECT ra "position" FROM stars
SELECT "ra" FROM stars
SELECT "a ""quoted"" name" FROM stars
SELECT stars.ra FROM stars
SELECT catalogs.stars.ra FROM catalogs.stars
SELECT sky.catalogs.stars.ra FROM sky.catalogs.stars
SELECT "catalogs"."stars"."ra" FROM "catalogs"."stars"
SELECT stars.* FROM stars
SELECT stars.*, ra FROM stars
SELECT s.*, p.* FROM stars AS s, plain AS p
SELECT catalogs.stars.* FROM catalogs.stars
SELECT ra,dec,mag FROM stars
SELECT a_1, b2c, Z FROM t1_2

-- Comments and space
SELECT    ra    FROM    stars   

SELECT 89x FROM stars
SELECT TOP 4* FROM stars
SELECT ra FROM stars ORDER BY dec ASC, 1DESC
SELECT ALL(ra+dec)X FROM a,(b JOIN c ON(x BETWEEN(y+and7)AND 4))
SELECT ROUND(ra,2)AS a,'b'AS b FROM stars

-- Literals
SELECT 1 FROM stars
SELECT 007 FROM stars
SELECT 1.5 FROM stars
SELECT 1. FROM stars
SELECT .5 FROM stars
SELECT 1e5 FROM stars
SELECT 1E5 FROM stars
SELECT 1.5e+5 FROM stars
SELECT .5E-10 FROM stars
SELECT 1.e3 FROM stars
SELECT 'text' FROM stars
SELECT '' FROM stars
SELECT 'it''s' FROM stars
SELECT '''' FROM stars
SELECT 'SELECT -- no comment' FROM stars
SELECT 'Ünïcode ☆' FROM stars
SELECT NULL FROM stars

-- Arithmetic
SELECT ra + dec FROM stars
SELECT ra - dec FROM stars
SELECT ra * dec FROM stars
SELECT ra / dec FROM stars
SELECT ra+dec*2-mag/3 FROM stars
SELECT (ra + dec) * 2 FROM stars
SELECT ((((ra)))) FROM stars
SELECT -ra FROM stars
SELECT +ra FROM stars
SELECT -(-ra) FROM stars
SELECT 2 * -ra FROM stars
SELECT ra - -1 FROM stars
SELECT -1 FROM stars
SELECT +1.5e3 FROM stars
SELECT name || 'x' FROM stars
SELECT 'a' || name || 'b' FROM stars
SELECT LOWER(name) || UPPER(name) FROM stars

-- Mathematical functions
SELECT ABS(ra) FROM stars
SELECT CEILING(ra) FROM stars
SELECT DEGREES(ra) FROM stars
SELECT EXP(ra) FROM stars
SELECT FLOOR(ra) FROM stars
SELECT LOG(ra) FROM stars
SELECT LOG10(ra) FROM stars
SELECT MOD(source_id, 10) FROM stars
SELECT PI() FROM stars
SELECT POWER(ra, 2) FROM stars
SELECT RADIANS(ra) FROM stars
SELECT RAND() FROM stars
SELECT RAND(5) FROM stars
SELECT ROUND(ra) FROM stars
SELECT ROUND(ra, 2) FROM stars
SELECT ROUND(ra, -2) FROM stars
SELECT ROUND(ra, +2) FROM stars
SELECT SIGN(ra) FROM stars
SELECT SQRT(ra) FROM stars
SELECT TRUNCATE(ra) FROM stars
SELECT TRUNCATE(ra, 3) FROM stars
SELECT abs(ra), Sqrt(ra), pi() FROM stars
SELECT SQRT(ABS(POWER(ra, 2) - 1)) FROM stars

-- Trigonometric functions
SELECT ACOS(x) FROM stars
SELECT ASIN(x) FROM stars
SELECT ATAN(x) FROM stars
SELECT ATAN2(y, x) FROM stars
SELECT COS(x) FROM stars
SELECT COT(x) FROM stars
SELECT SIN(x) FROM stars
SELECT TAN(x) FROM stars
SELECT SIN(RADIANS(dec)) * COS(RADIANS(ra)) FROM stars

-- Strings, units, conditions as functions
SELECT LOWER(name) FROM stars
SELECT UPPER(name) FROM stars
SELECT UPPER('gaia' || name) FROM stars
SELECT IN_UNIT(parallax, 'arcsec') FROM stars
SELECT IN_UNIT(ra * 2, 'rad') FROM stars
SELECT COALESCE(mag, 99) FROM stars
SELECT COALESCE(mag, ra, dec, 0) FROM stars
SELECT COALESCE(mag) FROM stars
SELECT COALESCE(NULL, mag) FROM stars
SELECT name || 5 FROM stars

-- CAST
SELECT CAST(ra AS CHAR) FROM stars
SELECT CAST(ra AS CHAR(5)) FROM stars
SELECT CAST(ra AS VARCHAR) FROM stars
SELECT CAST(ra AS VARCHAR(5)) FROM stars
SELECT CAST(ra AS SMALLINT) FROM stars
SELECT CAST(ra AS INTEGER) FROM stars
SELECT CAST(ra AS BIGINT) FROM stars
SELECT CAST(ra AS REAL) FROM stars
SELECT CAST(ra AS DOUBLE PRECISION) FROM stars
SELECT CAST('2016-01-01' AS TIMESTAMP) FROM stars
SELECT CAST('1 2' AS POINT) FROM stars
SELECT CAST('1 2 3' AS CIRCLE) FROM stars
SELECT CAST('1 2 3 4 5 6' AS POLYGON) FROM stars
SELECT CAST(CAST(ra AS INTEGER) AS VARCHAR(10)) FROM stars

-- Aggregates
SELECT COUNT(*) FROM stars
SELECT COUNT(ra) FROM stars
SELECT COUNT(DISTINCT ra) FROM stars
SELECT COUNT(ALL ra) FROM stars
SELECT AVG(ra), MIN(ra), MAX(ra), SUM(ra) FROM stars
SELECT AVG(ALL ra), SUM(DISTINCT ra) FROM stars
SELECT MAX(ra) - MIN(ra) AS span FROM stars
SELECT SQRT(AVG(ra * ra) - AVG(ra) * AVG(ra)) FROM stars
select count(*), Count(ra) from stars

-- Geometry
SELECT POINT(ra, dec) FROM stars
SELECT POINT('ICRS', ra, dec) FROM stars
SELECT POINT('', ra, dec) FROM stars
SELECT CIRCLE(ra, dec, 1) FROM stars
SELECT CIRCLE('ICRS', ra, dec, 1) FROM stars
SELECT CIRCLE(POINT(ra, dec), 1) FROM stars
SELECT CIRCLE('ICRS', POINT(ra, dec), 1) FROM stars
SELECT BOX(ra, dec, 1, 2) FROM stars
SELECT BOX('ICRS', ra, dec, 1, 2) FROM stars
SELECT BOX(POINT(ra, dec), 1, 2) FROM stars
SELECT POLYGON(1, 2, 3, 4, 5, 6) FROM stars
SELECT POLYGON('ICRS', 1, 2, 3, 4, 5, 6, 7, 8) FROM stars
SELECT POLYGON(POINT(1, 2), POINT(3, 4), POINT(5, 6)) FROM stars
SELECT REGION('circle 1 2 3') FROM stars
SELECT AREA(CIRCLE(ra, dec, 1)) FROM stars
SELECT CENTROID(CIRCLE(ra, dec, 1)) FROM stars
SELECT COORD1(POINT(ra, dec)), COORD2(POINT(ra, dec)) FROM stars
SELECT COORDSYS(POINT('ICRS', ra, dec)) FROM stars
SELECT CONTAINS(POINT(ra, dec), CIRCLE(1, 2, 3)) FROM stars
SELECT INTERSECTS(CIRCLE(ra, dec, 1), BOX(1, 2, 3, 4)) FROM stars
SELECT DISTANCE(POINT(ra, dec), POINT(1, 2)) FROM stars
SELECT DISTANCE(ra, dec, 1, 2) FROM stars
SELECT ra FROM stars WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 1, 2, 3))
SELECT ra FROM stars WHERE CONTAINS(POINT(ra, dec), BOX(1, 2, 3, 4)) = 1
SELECT ra FROM stars WHERE 0 = INTERSECTS(CIRCLE(ra, dec, 1), POLYGON(1, 2, 3, 4, 5, 6))
SELECT a.ra FROM stars AS a JOIN plain AS b ON DISTANCE(a.ra, a.dec, b.ra, b.dec) < 5./3600.
SELECT a.ra FROM stars AS a, plain AS b WHERE DISTANCE(POINT(a.ra, a.dec), POINT(b.ra, b.dec)) < 1e-3

SELECT POINT(NULL, 2, 3), POINT(NULL, 2) FROM stars
SELECT POINT(c, ra, dec), CIRCLE(c, ra, dec, 1), BOX(c, ra, dec, 1, 2) FROM stars
SELECT POLYGON(a, b, c), POLYGON('ICRS', a, b, c) FROM stars
SELECT CENTROID(REGION('circle 1 2 3')) FROM stars
SELECT ra FROM stars WHERE POINT(1, 2) = p
SELECT ra FROM stars WHERE 1=CONTAINS(REGION('Union ICRS (Position 1 2 Intersection (circle  1 2 3 box 1 2 3 4))'), p)

-- User-defined functions
SELECT ivo_healpix_index(10, ra, dec) FROM stars
SELECT my_function() FROM stars
SELECT my_function(1, 'a', ra + 2, NULL) FROM stars
SELECT f(g(h(ra))) FROM stars

-- WHERE
SELECT ra FROM stars WHERE ra = 1
SELECT ra FROM stars WHERE ra <> 1
SELECT ra FROM stars WHERE ra != 1
SELECT ra FROM stars WHERE ra < 1
SELECT ra FROM stars WHERE ra > 1
SELECT ra FROM stars WHERE ra <= 1
SELECT ra FROM stars WHERE ra >= 1
SELECT ra FROM stars WHERE 1 < ra
SELECT ra FROM stars WHERE ra = 1 AND dec = 2
SELECT ra FROM stars WHERE ra = 1 OR dec = 2
SELECT ra FROM stars WHERE ra = 1 OR dec = 2 AND mag = 3
SELECT ra FROM stars WHERE (ra = 1 OR dec = 2) AND mag = 3
SELECT ra FROM stars WHERE NOT ra = 1
SELECT ra FROM stars WHERE NOT (ra = 1 AND dec = 2)
SELECT ra FROM stars WHERE ((ra = 1))
SELECT ra FROM stars WHERE (ra) = (1)
SELECT ra FROM stars WHERE (ra + 1) * 2 > (dec - 1) / 2
SELECT ra FROM stars WHERE ra BETWEEN 1 AND 2
SELECT ra FROM stars WHERE ra NOT BETWEEN 1 AND 2
SELECT ra FROM stars WHERE ra BETWEEN 1 AND 2 AND dec BETWEEN 3 AND 4
SELECT ra FROM stars WHERE ra + 1 BETWEEN dec - 1 AND dec + 1
SELECT ra FROM stars WHERE ra IN (1)
SELECT ra FROM stars WHERE ra IN (1, 2, 3)
SELECT ra FROM stars WHERE ra NOT IN (1, 2)
SELECT ra FROM stars WHERE name IN ('a', 'b')
SELECT ra FROM stars WHERE ra IN (SELECT ra FROM plain)
SELECT ra FROM stars WHERE ra NOT IN (SELECT ra FROM plain)
SELECT ra FROM stars WHERE name LIKE 'a%'
SELECT ra FROM stars WHERE name NOT LIKE '_b'
SELECT ra FROM stars WHERE name ILIKE 'A%'
SELECT ra FROM stars WHERE name NOT ILIKE 'A%'
SELECT ra FROM stars WHERE LOWER(name) LIKE 'a' || '%'
SELECT ra FROM stars WHERE mag IS NULL
SELECT ra FROM stars WHERE mag IS NOT NULL
SELECT ra FROM stars WHERE stars.mag IS NOT NULL
SELECT ra FROM stars WHERE EXISTS (SELECT ra FROM plain)
SELECT ra FROM stars WHERE NOT EXISTS (SELECT * FROM plain WHERE plain.ra = stars.ra)
SELECT ra FROM stars WHERE ra = 1 AND NOT mag IS NULL

-- GROUP BY, HAVING
SELECT mag, COUNT(*) FROM stars GROUP BY mag
SELECT mag, dec, COUNT(*) FROM stars GROUP BY mag, dec
SELECT ROUND(mag), COUNT(*) FROM stars GROUP BY ROUND(mag)
SELECT ROUND(mag) AS bin, COUNT(*) AS n FROM stars GROUP BY bin
SELECT COUNT(*) FROM stars GROUP BY 1
SELECT mag FROM stars GROUP BY mag HAVING COUNT(*) > 1
SELECT COUNT(*) FROM stars HAVING COUNT(*) > 1
SELECT mag FROM stars WHERE ra > 1 GROUP BY mag HAVING AVG(ra) > 1 AND MIN(ra) < 2
SELECT mag FROM stars GROUP BY stars.mag

-- ORDER BY, OFFSET
SELECT ra FROM stars ORDER BY ra
SELECT ra FROM stars ORDER BY ra ASC
SELECT ra FROM stars ORDER BY ra DESC
SELECT ra, dec FROM stars ORDER BY ra DESC, dec ASC
SELECT ra FROM stars ORDER BY 1
SELECT ra FROM stars ORDER BY 1 DESC
SELECT ra FROM stars ORDER BY ra + dec
SELECT ra AS a FROM stars ORDER BY a
SELECT ra FROM stars ORDER BY ABS(ra - 1)
SELECT ra FROM stars ORDER BY stars.ra
SELECT ra FROM stars OFFSET 10
SELECT TOP 5 ra FROM stars ORDER BY ra OFFSET 10
SELECT ra FROM stars ORDER BY "ra"

-- FROM and joins
SELECT ra FROM catalogs.stars
SELECT ra FROM stars AS s
SELECT ra FROM stars s
SELECT ra FROM stars AS "S"
SELECT s.ra FROM stars AS s, plain AS p
SELECT s.ra FROM stars s, plain p, stars t
SELECT s.ra FROM stars AS s JOIN plain AS p ON s.ra = p.ra
SELECT s.ra FROM stars AS s INNER JOIN plain AS p ON s.ra = p.ra
SELECT s.ra FROM stars AS s LEFT JOIN plain AS p ON s.ra = p.ra
SELECT s.ra FROM stars AS s LEFT OUTER JOIN plain AS p ON s.ra = p.ra
SELECT s.ra FROM stars AS s RIGHT JOIN plain AS p ON s.ra = p.ra
SELECT s.ra FROM stars AS s RIGHT OUTER JOIN plain AS p ON s.ra = p.ra
SELECT s.ra FROM stars AS s FULL JOIN plain AS p ON s.ra = p.ra
SELECT s.ra FROM stars AS s FULL OUTER JOIN plain AS p ON s.ra = p.ra
SELECT ra FROM stars JOIN plain USING (ra)
SELECT ra FROM stars JOIN plain USING (ra, dec)
SELECT ra FROM stars LEFT JOIN plain USING (ra)
SELECT ra FROM stars NATURAL JOIN plain
SELECT ra FROM stars NATURAL INNER JOIN plain
SELECT ra FROM stars NATURAL LEFT JOIN plain
SELECT ra FROM stars NATURAL LEFT OUTER JOIN plain
SELECT ra FROM stars NATURAL FULL OUTER JOIN plain
SELECT ra FROM a JOIN b USING (x) JOIN c USING (y)
SELECT ra FROM a JOIN b ON a.x = b.x LEFT JOIN c ON c.y = b.y
SELECT ra FROM a JOIN (b JOIN c USING (y)) USING (x)
SELECT ra FROM (a JOIN b USING (x)) JOIN c USING (y)
SELECT ra FROM (a NATURAL JOIN b)
SELECT ra FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x
SELECT ra FROM a, b JOIN c USING (x)
SELECT s.ra FROM stars s JOIN plain p ON (s.ra = p.ra AND s.dec > 1 OR p.dec < 2)

-- Subqueries in FROM
SELECT ra FROM (SELECT ra FROM stars) AS s
SELECT ra FROM (SELECT ra FROM stars) s
SELECT s.a FROM (SELECT ra AS a FROM stars) AS s WHERE s.a > 1
SELECT ra FROM (SELECT TOP 5 ra FROM stars ORDER BY ra DESC) AS s ORDER BY ra
SELECT ra FROM (SELECT ra FROM (SELECT ra FROM stars) AS a) AS b
SELECT s.ra FROM (SELECT ra FROM stars) AS s JOIN (SELECT ra FROM plain) AS p USING (ra)
SELECT ra FROM (SELECT ra FROM stars UNION SELECT ra FROM plain) AS u
SELECT ra FROM (SELECT ra FROM stars OFFSET 5) AS u

-- Set operations
SELECT ra FROM stars UNION SELECT ra FROM plain
SELECT ra FROM stars UNION ALL SELECT ra FROM plain
SELECT ra FROM stars EXCEPT SELECT ra FROM plain
SELECT ra FROM stars EXCEPT ALL SELECT ra FROM plain
SELECT ra FROM stars INTERSECT SELECT ra FROM plain
SELECT ra FROM stars INTERSECT ALL SELECT ra FROM plain
SELECT ra FROM a UNION SELECT ra FROM b UNION SELECT ra FROM c
SELECT ra FROM a UNION SELECT ra FROM b INTERSECT SELECT ra FROM c
(SELECT ra FROM a UNION SELECT ra FROM b) INTERSECT SELECT ra FROM c
SELECT ra FROM a EXCEPT (SELECT ra FROM b UNION ALL SELECT ra FROM c)
(SELECT ra FROM stars)
((SELECT ra FROM stars))
(SELECT ra FROM stars ORDER BY ra) UNION (SELECT ra FROM plain OFFSET 3)
SELECT ra FROM stars UNION SELECT ra FROM plain ORDER BY ra
SELECT ra FROM stars UNION SELECT ra FROM plain ORDER BY 1 DESC OFFSET 2
SELECT TOP 3 ra FROM stars UNION SELECT TOP 4 ra FROM plain
SELECT ra FROM stars WHERE ra IN (SELECT ra FROM a UNION SELECT ra FROM b)

-- WITH
WITH q AS (SELECT ra FROM stars) SELECT ra FROM q
WITH q AS (SELECT ra FROM stars), r AS (SELECT ra FROM q) SELECT ra FROM r
WITH "Q" AS (SELECT ra FROM stars) SELECT ra FROM "Q"
WITH q AS (SELECT ra FROM a UNION SELECT ra FROM b) SELECT ra FROM q EXCEPT SELECT ra FROM c
WITH q AS (SELECT TOP 5 ra FROM stars ORDER BY ra OFFSET 2) SELECT q.ra, s.dec FROM q JOIN stars AS s USING (ra)

-- TAP
SELECT TOP 1 table_name FROM TAP_SCHEMA.tables
SELECT "size" FROM TAP_SCHEMA.columns
SELECT t.ra FROM TAP_UPLOAD.mine AS t JOIN stars AS s ON t.id = s.source_id
