-- What both grammars refuse; before each query what the lenient one says of it, and where.

-- 1:7 the query ends; expected a value, ALL, '*', DISTINCT or TOP
SELECT

-- 1:8 'FROM' can not stand here; expected a value, ALL, '*', DISTINCT or TOP
SELECT FROM stars

-- 1:15 the query ends; expected a name or '('
SELECT ra FROM

-- 1:12 'FROM' can not stand here; expected a value or '*'
SELECT ra, FROM stars

-- 1:8 ',' can not stand here; expected a value, ALL, '*', DISTINCT or TOP
SELECT ,ra FROM stars

-- 1:15 'mag' can not stand here; expected UNION, the end of the query, ',', FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra dec mag FROM stars

-- 1:14 'FROM' can not stand here; expected a name
SELECT ra AS FROM stars

-- 1:14 '5' can not stand here; expected a name
SELECT ra AS 5 FROM stars

-- 1:16 'stars' can not stand here; expected UNION, the end of the query, ',', FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE (is 'FORM' to be FROM?)
SELECT ra FORM stars

-- 1:1 'SELCT' can not stand here; did you mean SELECT?
SELCT ra FROM stars

-- 1:1 'FROM' can not stand here; expected '(', SELECT or WITH
FROM stars SELECT ra

-- 1:1 'ra' can not stand here; expected '(', SELECT or WITH
ra FROM stars

-- 1:12 'ra' can not stand here; expected a whole number
SELECT TOP ra FROM stars

-- 1:12 '-' can not stand here; expected a whole number
SELECT TOP -5 ra FROM stars

-- 1:12 '1.5' can not stand here; expected a whole number
SELECT TOP 1.5 ra FROM stars

-- 1:12 99999999999999999999 is more than any table has
SELECT TOP 99999999999999999999 ra FROM stars

-- 1:17 'ALL' can not stand here; expected a value, '*' or TOP
SELECT DISTINCT ALL ra FROM stars

-- 1:10 '*' can not stand here; expected UNION, the end of the query, ',', FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT * * FROM stars

-- 1:16 'AS' can not stand here; expected UNION, the end of the query, ',', FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT stars.* AS s FROM stars

-- 1:12 'FROM' can not stand here; expected '*' or a name
SELECT ra. FROM stars

-- 1:8 '.' can not stand here; expected a value, ALL, '*', DISTINCT or TOP
SELECT .ra FROM stars

-- 1:14 '.' can not stand here; expected '*' or a name
SELECT stars..ra FROM stars

-- 1:27 the query ends; expected a value or NOT
SELECT ra FROM stars WHERE

-- 1:32 the query ends; expected a value
SELECT ra FROM stars WHERE ra =

-- 1:28 '=' can not stand here; expected a value or NOT
SELECT ra FROM stars WHERE = 1

-- 1:32 '=' can not stand here; expected a value
SELECT ra FROM stars WHERE ra == 1

-- 1:33 '=' can not stand here; expected a value
SELECT ra FROM stars WHERE ra = = 1

-- 1:33 '>' can not stand here; expected a value
SELECT ra FROM stars WHERE ra < > 1

-- 1:35 '<' can not stand here; expected an operator, UNION, the end of the query, AND, GROUP BY, HAVING, OFFSET, OR, ORDER BY or ';'
SELECT ra FROM stars WHERE 1 < ra < 3

-- 1:43 '=' can not stand here; expected an operator, UNION, the end of the query, AND, GROUP BY, HAVING, OFFSET, OR, ORDER BY or ';'
SELECT ra FROM stars WHERE ra AND dec = 1 =

-- 1:38 the query ends; expected a value or NOT
SELECT ra FROM stars WHERE ra = 1 AND

-- 1:28 'AND' can not stand here; expected a value or NOT
SELECT ra FROM stars WHERE AND ra = 1

-- 1:35 'dec' can not stand here; expected an operator, UNION, the end of the query, AND, GROUP BY, HAVING, OFFSET, OR, ORDER BY or ';'
SELECT ra FROM stars WHERE ra = 1 dec = 2

-- 1:35 the query ends; expected OR or ')'
SELECT ra FROM stars WHERE (ra = 1

-- 1:34 ')' can not stand here; expected the end of the query or ';'
SELECT ra FROM stars WHERE ra = 1)

-- 1:40 the query ends; expected an operator or AND
SELECT ra FROM stars WHERE ra BETWEEN 1

-- 1:41 'OR' can not stand here; expected an operator or AND
SELECT ra FROM stars WHERE ra BETWEEN 1 OR 2

-- 1:33 the query ends; expected '('
SELECT ra FROM stars WHERE ra IN

-- 1:35 ')' can not stand here; expected a value or SELECT
SELECT ra FROM stars WHERE ra IN ()

-- 1:34 '5' can not stand here; expected '('
SELECT ra FROM stars WHERE ra IN 5

-- 1:39 the query ends; expected ',' or ')'
SELECT ra FROM stars WHERE ra IN (1, 2

-- 1:40 ')' can not stand here; expected a value
SELECT ra FROM stars WHERE ra IN (1, 2,)

-- 1:34 '5' can not stand here; expected NOT or NULL
SELECT ra FROM stars WHERE ra IS 5

-- 1:37 the query ends; expected NULL
SELECT ra FROM stars WHERE ra IS NOT

-- 1:34 'TRUE' can not stand here; expected NOT or NULL
SELECT ra FROM stars WHERE ra IS TRUE

-- 1:31 the query ends; expected a value or NOT
SELECT ra FROM stars WHERE NOT

-- 1:34 the query ends; expected '('
SELECT ra FROM stars WHERE EXISTS

-- 1:36 'ra' can not stand here; expected '(' or SELECT
SELECT ra FROM stars WHERE EXISTS (ra)

-- 1:35 'SELECT' can not stand here; expected '('
SELECT ra FROM stars WHERE EXISTS SELECT ra FROM stars

-- 1:37 the query ends; expected a value
SELECT ra FROM stars WHERE name LIKE

-- 1:42 'ESCAPE' can not stand here; expected an operator, UNION, the end of the query, AND, GROUP BY, HAVING, OFFSET, OR, ORDER BY or ';'
SELECT ra FROM stars WHERE name LIKE 'a' ESCAPE 'b'

-- 1:37 "'a'" can not stand here; expected BETWEEN, ILIKE, IN or LIKE
SELECT ra FROM stars WHERE name NOT 'a'

-- 1:35 a character string without its closing quote
SELECT ra FROM stars WHERE name = 'a

-- 1:28 a delimited name without its closing double quote
SELECT ra FROM stars WHERE "name = 'a'

-- 1:35 a delimited name without its closing double quote
SELECT ra FROM stars WHERE name = "it's

-- 1:8 a delimited name needs at least one character
SELECT "" FROM stars

-- 1:28 'ra' can not stand here; expected BY
SELECT ra FROM stars GROUP ra

-- 1:30 the query ends; expected a value
SELECT ra FROM stars GROUP BY

-- 1:34 the query ends; expected a value
SELECT ra FROM stars GROUP BY ra,

-- 1:28 the query ends; expected a value or NOT
SELECT ra FROM stars HAVING

-- 1:28 'ra' can not stand here; expected BY
SELECT ra FROM stars ORDER ra

-- 1:30 the query ends; expected a value
SELECT ra FROM stars ORDER BY

-- 1:34 'DSC' can not stand here; did you mean DESC?
SELECT ra FROM stars ORDER BY ra DSC

-- 1:38 'DESC' can not stand here; expected the end of the query, ',', OFFSET or ';'
SELECT ra FROM stars ORDER BY ra ASC DESC

-- 1:34 'NULLS' can not stand here; expected an operator, the end of the query, ASC, ',', DESC, OFFSET or ';'
SELECT ra FROM stars ORDER BY ra NULLS LAST

-- 1:28 the query ends; expected a whole number
SELECT ra FROM stars OFFSET

-- 1:29 '-' can not stand here; expected a whole number
SELECT ra FROM stars OFFSET -1

-- 1:29 'banana' can not stand here; expected a whole number
SELECT ra FROM stars OFFSET banana

-- 1:31 'ORDER' can not stand here; expected the end of the query or ';'
SELECT ra FROM stars OFFSET 5 ORDER BY ra

-- 1:28 '10' can not stand here: ADQL limits rows by SELECT TOP n, not by LIMIT
SELECT ra FROM stars LIMIT 10

-- 1:34 'LIMIT' can not stand here: ADQL limits rows by SELECT TOP n, not by LIMIT
SELECT ra FROM stars ORDER BY ra LIMIT 10

-- 1:47 'WHERE' can not stand here; expected an operator, UNION, the end of the query, ',', HAVING, OFFSET, ORDER BY or ';'
SELECT ra FROM stars WHERE ra = 1 GROUP BY ra WHERE ra = 2

-- 1:36 'GROUP' can not stand here; expected UNION, the end of the query, OFFSET, OR, ORDER BY or ';'
SELECT ra FROM stars HAVING ra = 1 GROUP BY ra

-- 1:35 'FROM' can not stand here; expected an operator, UNION, the end of the query, AND, GROUP BY, HAVING, OFFSET, OR, ORDER BY or ';'
SELECT ra FROM stars WHERE ra = 1 FROM stars

-- 1:22 the query ends; expected a name or '('
SELECT ra FROM stars,

-- 1:23 ',' can not stand here; expected a name or '('
SELECT ra FROM stars, , plain

-- 1:28 'mag' can not stand here; expected JOIN, UNION, the end of the query, ',', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars plain mag

-- 1:32 the query ends; expected JOIN, ON or USING
SELECT ra FROM stars JOIN plain

-- 1:27 'ON' can not stand here; expected a name or '('
SELECT ra FROM stars JOIN ON ra = ra

-- 1:35 the query ends; expected a value or NOT
SELECT ra FROM stars JOIN plain ON

-- 1:39 'ra' can not stand here; expected '('
SELECT ra FROM stars JOIN plain USING ra

-- 1:40 ')' can not stand here; expected a name
SELECT ra FROM stars JOIN plain USING ()

-- 1:45 '.' can not stand here; expected ',' or ')'
SELECT ra FROM stars JOIN plain USING (stars.ra)

-- 1:22 'OUTER' can not stand here; expected JOIN, UNION, the end of the query, AS, ',', a name, '.', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars OUTER JOIN plain USING (ra)

-- 1:28 'plain' can not stand here; expected JOIN
SELECT ra FROM stars INNER plain USING (ra)

-- 1:30 'plain' can not stand here; expected FULL, INNER, JOIN, LEFT or RIGHT
SELECT ra FROM stars NATURAL plain

-- 1:41 'USING' can not stand here; expected JOIN, UNION, the end of the query, ',', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars NATURAL JOIN plain USING (ra)

-- 1:28 'OUTER' can not stand here; expected JOIN
SELECT ra FROM stars INNER OUTER JOIN plain USING (ra)

-- 1:22 ')' can not stand here; expected JOIN
SELECT ra FROM (stars)

-- 1:16 'SELECT' can not stand here; expected a name or '('
SELECT ra FROM SELECT ra FROM stars

-- 1:27 the query ends; expected ALL, '(' or SELECT
SELECT ra FROM stars UNION

-- 1:28 'plain' can not stand here; expected ALL, '(' or SELECT
SELECT ra FROM stars UNION plain

-- 1:28 'DISTINCT' can not stand here; expected ALL, '(' or SELECT
SELECT ra FROM stars UNION DISTINCT SELECT ra FROM plain

-- 1:28 'SELECT' can not stand here; expected JOIN, UNION, the end of the query, ',', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars MINUS SELECT ra FROM plain

-- 1:1 'UNION' can not stand here; expected '(', SELECT or WITH
UNION SELECT ra FROM stars

-- 1:22 the query ends; expected ')'
(SELECT ra FROM stars

-- 1:21 ')' can not stand here; expected the end of the query or ';'
SELECT ra FROM stars)

-- 1:34 'UNION' can not stand here; expected an operator, the end of the query, ASC, ',', DESC, OFFSET or ';'
SELECT ra FROM stars ORDER BY ra UNION SELECT ra FROM plain

-- 1:6 'SELECT' can not stand here; expected a name
WITH SELECT ra FROM stars

-- 1:8 'SELECT' can not stand here; expected AS
WITH q SELECT ra FROM q

-- 1:11 'SELECT' can not stand here; expected '('
WITH q AS SELECT ra FROM stars SELECT ra FROM q

-- 1:33 the query ends; expected ',', '(' or SELECT
WITH q AS (SELECT ra FROM stars)

-- 1:35 'SELECT' can not stand here; expected a name
WITH q AS (SELECT ra FROM stars), SELECT ra FROM q

-- 1:16 'q' can not stand here; expected AS
WITH RECURSIVE q AS (SELECT ra FROM stars) SELECT ra FROM q

-- 1:17 'WITH' can not stand here; expected a name, '(' or SELECT
SELECT ra FROM (WITH q AS (SELECT ra FROM stars) SELECT ra FROM q) AS r

-- 1:14 ')' can not stand here; expected a value, ALL, '*' or DISTINCT
SELECT COUNT() FROM stars

-- 1:16 ',' can not stand here; expected an operator or ')'
SELECT COUNT(ra, dec) FROM stars

-- 1:12 '*' can not stand here; expected a value, ALL or DISTINCT
SELECT AVG(*) FROM stars

-- 1:12 ')' can not stand here; expected a value, ALL or DISTINCT
SELECT AVG() FROM stars

-- 1:21 '*' can not stand here; expected a value
SELECT SUM(DISTINCT *) FROM stars

-- 1:12 ')' can not stand here; expected a value
SELECT ABS() FROM stars

-- 1:13 ',' can not stand here; expected an operator or ')'
SELECT ABS(1, 2) FROM stars

-- 1:12 '1' can not stand here; expected an operator, UNION, the end of the query, AS, ',', a name, '.', FROM, GROUP BY, HAVING, '(', OFFSET, ORDER BY, ';' or WHERE
SELECT ABS 1 FROM stars

-- 1:15 ')' can not stand here; expected an operator or ','
SELECT POWER(2) FROM stars

-- 1:32 '=' can not stand here; expected ')'
SELECT PI FROM stars WHERE PI( = 3

-- 1:11 '3' can not stand here; expected ')'
SELECT PI(3) FROM stars

-- 1:18 'dec' can not stand here; expected '-', '+' or a whole number
SELECT ROUND(ra, dec) FROM stars

-- 1:18 '1.5' can not stand here; expected '-', '+' or a whole number
SELECT ROUND(ra, 1.5) FROM stars

-- 1:13 '-' can not stand here; expected ')' or a whole number
SELECT RAND(-1) FROM stars

-- 1:15 ')' can not stand here; expected an operator or ','
SELECT ATAN2(1) FROM stars

-- 1:14 'FROM' can not stand here; expected an operator or ')'
SELECT SIN(1 FROM stars

-- 1:13 ',' can not stand here; expected an operator or ')'
SELECT SIN(1,) FROM stars

-- 1:18 ',' can not stand here; expected an operator or ')'
SELECT LOWER(name, 'x') FROM stars

-- 1:20 'unit' can not stand here; expected a character string
SELECT IN_UNIT(ra, unit) FROM stars

-- 1:18 ')' can not stand here; expected an operator or ','
SELECT IN_UNIT(ra) FROM stars

-- 1:17 ')' can not stand here; expected a value
SELECT COALESCE() FROM stars

-- 1:18 ')' can not stand here; expected BIGINT, BOOLEAN, CHAR, CIRCLE, DATE, DOUBLE, FLOAT, INT, INTEGER, POINT, POLYGON, REAL, SMALLINT, TIMESTAMP or VARCHAR
SELECT CAST(ra AS) FROM stars

-- 1:16 'INTEGER' can not stand here; expected an operator, AS, '.' or '('
SELECT CAST(ra INTEGER) FROM stars

-- 1:19 'TEXT' can not stand here; expected BIGINT, BOOLEAN, CHAR, CIRCLE, DATE, DOUBLE, FLOAT, INT, INTEGER, POINT, POLYGON, REAL, SMALLINT, TIMESTAMP or VARCHAR
SELECT CAST(ra AS TEXT) FROM stars

-- 1:27 'x' can not stand here; expected a whole number
SELECT CAST(ra AS VARCHAR(x)) FROM stars

-- 1:19 'DECIMAL' can not stand here; expected BIGINT, BOOLEAN, CHAR, CIRCLE, DATE, DOUBLE, FLOAT, INT, INTEGER, POINT, POLYGON, REAL, SMALLINT, TIMESTAMP or VARCHAR
SELECT CAST(ra AS DECIMAL(5, 2)) FROM stars

-- 1:14 ')' can not stand here; expected a value
SELECT POINT() FROM stars

-- 1:13 ')' can not stand here; expected a value
SELECT AREA() FROM stars

-- 1:28 ')' can not stand here; expected an operator or ','
SELECT CONTAINS(POINT(1, 2)) FROM stars

-- 1:15 'name' can not stand here; expected a character string
SELECT REGION(name) FROM stars

-- 1:10 '*' can not stand here; expected a value or ')'
SELECT f(*) FROM stars

-- 1:10 'DISTINCT' can not stand here; expected a value or ')'
SELECT f(DISTINCT ra) FROM stars

-- 1:13 'FROM' can not stand here; expected a value
SELECT ra + FROM stars

-- 1:13 '*' can not stand here; expected a value
SELECT ra + * dec FROM stars

-- 1:13 '/' can not stand here; expected a value
SELECT ra * / dec FROM stars

-- 1:10 'FROM' can not stand here; expected a value
SELECT - FROM stars

-- 1:10 '-' can not stand here; expected a value
SELECT - - ra FROM stars

-- 1:12 'FROM' can not stand here; expected an operator, a comparison, AND, OR or ')'
SELECT (ra FROM stars

-- 1:10 ')' can not stand here; expected the end of the query or ';'
SELECT ra) FROM stars

-- 1:9 ')' can not stand here; expected a value, NOT or SELECT
SELECT () FROM stars

-- 1:12 "'b'" can not stand here; expected an operator, UNION, the end of the query, AS, ',', a name, FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT 'a' 'b' FROM stars

-- 1:11 '|' is no part of ADQL
SELECT ra | dec FROM stars

-- 1:11 '&' is no part of ADQL
SELECT ra & dec FROM stars

-- 1:11 '^' is no part of ADQL
SELECT ra ^ 2 FROM stars

-- 1:8 '~' is no part of ADQL
SELECT ~ra FROM stars

-- 1:10 ':' is no part of ADQL
SELECT ra::INTEGER FROM stars

-- 1:10 '[' is no part of ADQL
SELECT ra[1] FROM stars

-- 1:8 '{' is no part of ADQL
SELECT {ra} FROM stars

-- 1:8 '$' is no part of ADQL
SELECT $1 FROM stars

-- 1:8 '?' is no part of ADQL
SELECT ? FROM stars

-- 1:8 '@' is no part of ADQL
SELECT @ra FROM stars

-- 1:11 '#' is no part of ADQL
SELECT ra # dec FROM stars

-- 1:8 a comment begins with -- in ADQL and goes on to the end of the line
SELECT /* no */ ra FROM stars

-- 1:8 '`' is no part of ADQL
SELECT `ra` FROM stars

-- 1:39 a comment begins with -- in ADQL and goes on to the end of the line
SELECT ra FROM stars WHERE name = 'a' /* no */

-- 1:23 'SELECT' can not stand here; expected the end of the query
SELECT ra FROM stars; SELECT ra FROM stars

-- 1:22 ';' can not stand here; expected the end of the query
SELECT ra FROM stars;;

-- 1:17 'FROM' can not stand here; expected an operator or WHEN
SELECT CASE END FROM stars

-- 1:25 'END' can not stand here; expected an operator, AND, OR or THEN
SELECT CASE WHEN ra = 1 END FROM stars

-- 1:32 'FROM' can not stand here; expected an operator, ELSE, END or WHEN
SELECT CASE WHEN ra = 1 THEN 2 FROM stars

-- 1:37 'FROM' can not stand here; expected an operator or END
SELECT CASE WHEN ra THEN 1 ELSE END FROM stars

-- 1:8 'select' can not stand here; expected a value, ALL, '*', DISTINCT or TOP
SELECT select FROM stars

-- 1:16 'where' can not stand here; expected a name or '('
SELECT ra FROM where

-- 1:14 'select' can not stand here; expected a name
SELECT ra AS select FROM stars

-- 1:8 'order' can not stand here; expected a value, ALL, '*', DISTINCT or TOP
SELECT order FROM stars

-- 1:25 'group' can not stand here; expected a name
SELECT ra FROM stars AS group

-- 1:24 the query ends; expected a name
SELECT ra FROM stars AS

-- 1:11 '>' can not stand here; expected an operator, UNION, the end of the query, AS, ',', a name, '.', FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra > 1 FROM stars

-- 1:11 'AND' can not stand here; expected an operator, UNION, the end of the query, AS, ',', a name, '.', FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra AND dec FROM stars

-- 1:15 '>' can not stand here; expected an operator or ')'
SELECT ABS(ra > 1) FROM stars

-- 1:34 '>' can not stand here; expected an operator, the end of the query, ASC, ',', DESC, OFFSET or ';'
SELECT ra FROM stars ORDER BY ra > 1

-- 1:1 'INSERT' can not stand here; expected '(', SELECT or WITH
INSERT INTO stars VALUES (1)

-- 1:1 'DROP' can not stand here; expected '(', SELECT or WITH
DROP TABLE stars

-- 1:1 'UPDATE' can not stand here; expected '(', SELECT or WITH
UPDATE stars SET ra = 1

-- 1:1 'CREATE' can not stand here; expected '(', SELECT or WITH
CREATE TABLE t AS SELECT ra FROM stars

-- 1:1 'ATTACH' can not stand here; expected '(', SELECT or WITH
ATTACH 'file' AS f

-- 1:1 'COPY' can not stand here; expected '(', SELECT or WITH
COPY stars TO 'file'

-- 1:1 'PRAGMA' can not stand here; expected '(', SELECT or WITH
PRAGMA version

-- 1:1 'SET' can not stand here; expected '(', SELECT or WITH
SET threads = 1

-- 1:16 't' can not stand here; expected UNION, the end of the query, ',', FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra INTO t FROM stars

-- 1:16 "'file.parquet'" can not stand here; expected a name or '('
SELECT ra FROM 'file.parquet'

-- 1:24 '(' can not stand here; expected JOIN, UNION, the end of the query, AS, ',', a name, '.', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM read_csv('file')

-- 1:34 '5' can not stand here; expected JOIN, UNION, the end of the query, ',', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars TABLESAMPLE 5

-- 1:16 '(' can not stand here; expected UNION, the end of the query, ',', FROM, GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra OVER (PARTITION BY dec) FROM stars

-- 1:26 'UPDATE' can not stand here; expected JOIN, UNION, the end of the query, ',', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars FOR UPDATE

-- 1:38 'SELECT' can not stand here; expected a value or ')'
SELECT ra FROM stars WHERE ra = ANY (SELECT ra FROM plain)

-- 1:33 'ALL' can not stand here; expected a value
SELECT ra FROM stars WHERE ra > ALL (SELECT ra FROM plain)

-- 1:36 '.2' can not stand here; expected an operator, UNION, the end of the query, AND, GROUP BY, HAVING, OFFSET, OR, ORDER BY or ';'
SELECT ra FROM stars WHERE ra = 1.5.2

-- 1:39 the query ends; expected a value or NOT
SELECT ra FROM stars WHERE ra = 'x' OR

-- 1:27 '(' can not stand here; expected JOIN, UNION, the end of the query, ',', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars AS s (a, b)

-- 1:27 'plain' can not stand here; expected JOIN or OUTER
SELECT ra FROM stars LEFT plain ON ra = ra

-- 1:33 'WHERE' can not stand here; expected JOIN, ON or USING
SELECT ra FROM stars JOIN plain WHERE ra = ra

-- 1:39 'ON' can not stand here; expected JOIN, UNION, the end of the query, ',', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars CROSS JOIN plain ON ra = ra

-- 1:31 ',' can not stand here; expected OR or ')'
SELECT ra FROM stars WHERE (ra, dec) = (1, 2)

-- 1:31 ',' can not stand here; expected OR or ')'
SELECT ra FROM stars WHERE (ra, dec) IN (SELECT ra, dec FROM plain)

-- 1:17 'FROM' can not stand here; expected a value, '*' or TOP
SELECT DISTINCT FROM stars

-- 1:11 'DISTINCT' can not stand here; expected an operator, UNION, the end of the query, AS, ',', a name, '.', FROM, GROUP BY, HAVING, '(', OFFSET, ORDER BY, ';' or WHERE
SELECT ra DISTINCT FROM stars

-- 1:22 ')' can not stand here; expected a value
SELECT COUNT(DISTINCT) FROM stars

-- 1:23 '*' can not stand here; expected a value
SELECT COUNT(DISTINCT *) FROM stars

-- 1:23 the query ends; expected a name or '('
SELECT stars.ra.* FROM

-- 1:41 the query ends; expected a value or NOT
SELECT ra FROM stars GROUP BY mag HAVING

-- 1:35 the query ends; expected a value
SELECT ra FROM stars WHERE ra LIKE

-- 1:28 'ILIKE' can not stand here; expected a value or NOT
SELECT ra FROM stars WHERE ILIKE 'a'

-- 1:28 'BETWEEN' can not stand here; expected a value or NOT
SELECT ra FROM stars WHERE BETWEEN 1 AND 2

-- 1:35 'NULL' can not stand here; expected BETWEEN, ILIKE, IN or LIKE
SELECT ra FROM stars WHERE ra NOT NULL

-- 1:33 'NOT' can not stand here; expected a value
SELECT ra FROM stars WHERE ra = NOT 1

-- 1:34 the query ends; expected a value
SELECT ra FROM stars ORDER BY ra,

-- 1:31 ',' can not stand here; expected a value
SELECT ra FROM stars ORDER BY , ra

-- 1:36 'ra' can not stand here; expected an operator, the end of the query, ASC, ',', DESC, OFFSET or ';'
SELECT ra FROM stars ORDER BY DESC ra

-- 1:22 'TOP' can not stand here; expected JOIN, UNION, the end of the query, AS, ',', a name, '.', GROUP BY, HAVING, OFFSET, ORDER BY, ';' or WHERE
SELECT ra FROM stars TOP 5

-- 1:11 'TOP' can not stand here; expected an operator, UNION, the end of the query, AS, ',', a name, '.', FROM, GROUP BY, HAVING, '(', OFFSET, ORDER BY, ';' or WHERE
SELECT ra TOP 5 FROM stars

-- 1:31 'OFFSET' can not stand here; expected the end of the query or ';'
SELECT ra FROM stars OFFSET 1 OFFSET 2

-- 1:32 'UNION' can not stand here; expected ALL, '(' or SELECT
SELECT ra FROM stars INTERSECT UNION SELECT ra FROM plain

-- 1:25 ',' can not stand here; expected ')'
SELECT IN_UNIT(ra, 'deg', 'rad') FROM stars

-- 1:24 ')' can not stand here; expected a whole number
SELECT CAST(ra AS CHAR()) FROM stars

-- 1:13 'AS' can not stand here; expected a value
SELECT CAST(AS INTEGER) FROM stars

-- 1:13 'FROM' can not stand here; expected an operator, ',' or ')'
SELECT f(ra FROM stars

-- 1:10 ',' can not stand here; expected a value or ')'
SELECT f(, ra) FROM stars

-- 1:13 ')' can not stand here; expected a value
SELECT f(ra,) FROM stars

-- 1:16 ')' can not stand here; expected a value
SELECT POLYGON() FROM stars

-- 1:17 ',' can not stand here; expected an operator or ')'
SELECT COORD1(ra, dec) FROM stars

-- 1:15 ')' can not stand here; expected a character string
SELECT REGION() FROM stars

-- 1:17 ')' can not stand here; expected a value
SELECT DISTANCE() FROM stars

-- 1:8 a column has 4 names at most, these are 5
SELECT x.y.z.a.b FROM a

-- 1:15 a table has 3 names at most, these are 4
SELECT x FROM a.b.c.d

-- 1:8 a table has 3 names at most, these are 4
SELECT a.b.c.d.* FROM b

-- 1:8 COALESCE needs a value that may be other than NULL
SELECT COALESCE(NULL) FROM stars

-- 1:8 COALESCE needs a value that may be other than NULL
SELECT COALESCE(NULL, NULL) FROM stars

-- 1:8 a geometry has no sum, product or sign, and is no text
SELECT POINT('ICRS', 3, 4) || 'a' FROM stars

-- 1:15 a geometry has no sum, product or sign, and is no text
SELECT 'a' || CIRCLE(1, 2, 3) FROM stars

-- 1:9 a geometry has no sum, product or sign, and is no text
SELECT -POINT(1, 2) FROM stars

-- 1:12 a geometry has no sum, product or sign, and is no text
SELECT 2 * REGION('circle 1 2 3') FROM stars

-- 1:8 wrong number of arguments: POINT is POINT(longitude, latitude)
SELECT POINT(1) FROM stars

-- 1:8 wrong number of arguments: POINT is POINT(longitude, latitude)
SELECT POINT(1, 2, 3) FROM stars

-- 1:8 wrong number of arguments: POINT is POINT(longitude, latitude)
SELECT POINT('ICRS', 1) FROM stars

-- 1:8 wrong number of arguments: CIRCLE is CIRCLE(longitude, latitude, radius) or CIRCLE(point, radius)
SELECT CIRCLE('ICRS', 2, 3) FROM stars

-- 1:8 wrong number of arguments: CIRCLE is CIRCLE(longitude, latitude, radius) or CIRCLE(point, radius)
SELECT CIRCLE(1, 2) FROM stars

-- 1:8 wrong number of arguments: CIRCLE is CIRCLE(longitude, latitude, radius) or CIRCLE(point, radius)
SELECT CIRCLE(1, 2, 3, 4) FROM stars

-- 1:8 wrong number of arguments: BOX is BOX(longitude, latitude, width, height) or BOX(point, width, height)
SELECT BOX(1, 2, 3) FROM stars

-- 1:8 wrong number of arguments: BOX is BOX(longitude, latitude, width, height) or BOX(point, width, height)
SELECT BOX('ICRS', ra, dec) FROM stars

-- 1:8 wrong number of arguments: POLYGON is POLYGON(longitude, latitude, ...) or POLYGON(point, ...) of at least three points
SELECT POLYGON(1, 2, 3, 4) FROM stars

-- 1:8 wrong number of arguments: POLYGON is POLYGON(longitude, latitude, ...) or POLYGON(point, ...) of at least three points
SELECT POLYGON('ICRS', 1, 2, 3, 4, 5, 6, 7) FROM stars

-- 1:8 wrong number of arguments: POLYGON is POLYGON(longitude, latitude, ...) or POLYGON(point, ...) of at least three points
SELECT POLYGON(POINT(1, 2), POINT(3, 4)) FROM stars

-- 1:8 wrong number of arguments: DISTANCE is DISTANCE(longitude, latitude, longitude, latitude) or DISTANCE(point, point)
SELECT DISTANCE(1, 2, 3) FROM stars

-- 1:28 a condition is needed here, such as = 1 makes of this value
SELECT ra FROM stars WHERE POINT(1, 2)

-- 1:28 a condition is needed here, such as = 1 makes of this value
SELECT ra FROM stars WHERE CONTAINS(a, b)

-- 1:28 a condition is needed here, such as = 1 makes of this value
SELECT ra FROM stars WHERE ra + 1

-- 1:28 a condition is needed here, such as = 1 makes of this value
SELECT ra FROM stars WHERE 'a'

-- 1:32 a condition is needed here, such as = 1 makes of this value
SELECT ra FROM stars WHERE NOT 1

-- 1:28 a condition is needed here, such as = 1 makes of this value
SELECT ra FROM stars WHERE ABS(ra) AND dec = 1

-- 1:29 a condition is needed here, such as = 1 makes of this value
SELECT ra FROM stars HAVING COUNT(*)

-- 1:30 a condition is needed here, such as = 1 makes of this value
SELECT a.ra FROM a JOIN b ON 1

-- 1:8 wrong number of arguments: DISTANCE is DISTANCE(longitude, latitude, longitude, latitude) or DISTANCE(point, point)
SELECT DISTANCE(a, b, c, d, e) FROM stars
