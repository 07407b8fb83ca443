-- What the lenient grammar accepts beside ADQL 2.1; before each query what the strict grammar says of it, and where.

-- 1:9 ',' can not stand here; expected FROM
SELECT *, ra FROM stars

-- 1:12 '*' can not stand here; expected a value
SELECT ra, * FROM stars

-- 1:14 'DISTINCT' can not stand here; expected a value or '*'
SELECT TOP 5 DISTINCT ra FROM stars

-- 1:9 the query ends; expected an operator, AS, ',', a name or FROM
SELECT 1

-- 1:21 ';' is no part of ADQL
SELECT ra FROM stars;

-- 1:22 'CROSS' can not stand here: CROSS is a reserved word; as a name it needs double quotes, "CROSS"
SELECT ra FROM stars CROSS JOIN plain

-- 1:38 the query ends; expected AS or a name
SELECT ra FROM (SELECT ra FROM stars)

-- 1:18 '%' is no part of ADQL
SELECT source_id % 10 FROM stars

-- 1:8 '0x1F' can not stand here; expected a value, ALL, '*', DISTINCT or TOP
SELECT 0x1F FROM stars

-- 1:8 'TRUE' can not stand here: TRUE is a reserved word; as a name it needs double quotes, "TRUE"
SELECT TRUE FROM stars

-- 1:35 'FALSE' can not stand here: FALSE is a reserved word; as a name it needs double quotes, "FALSE"
SELECT ra FROM stars WHERE flag = FALSE

-- 1:28 a condition is needed here, such as = 1 makes of this value
SELECT ra FROM stars WHERE flag

-- 1:32 'NOT' can not stand here; expected a value
SELECT ra FROM stars WHERE NOT NOT ra = 1

-- 1:9 'SELECT' can not stand here; expected a value or NOT
SELECT (SELECT MAX(ra) FROM plain) FROM stars

-- 1:34 'SELECT' can not stand here; expected a value or NOT
SELECT ra FROM stars WHERE ra > (SELECT AVG(ra) FROM stars)

-- 1:8 'CASE' can not stand here: CASE is a reserved word; as a name it needs double quotes, "CASE"
SELECT CASE WHEN ra > 1 THEN 1 ELSE 0 END FROM stars

-- 1:8 'CASE' can not stand here: CASE is a reserved word; as a name it needs double quotes, "CASE"
SELECT CASE mag WHEN 1 THEN 'a' WHEN 2 THEN 'b' END FROM stars

-- 1:8 'TIMESTAMP' can not stand here: TIMESTAMP is a reserved word; as a name it needs double quotes, "TIMESTAMP"
SELECT TIMESTAMP '2016-01-01' FROM stars

-- 1:8 'TIMESTAMP' can not stand here: TIMESTAMP is a reserved word; as a name it needs double quotes, "TIMESTAMP"
SELECT TIMESTAMP('2016-01-01') FROM stars

-- 1:19 'INT' can not stand here; expected BIGINT, CHAR, CIRCLE, DOUBLE, INTEGER, POINT, POLYGON, REAL, SMALLINT, TIMESTAMP or VARCHAR
SELECT CAST(ra AS INT) FROM stars

-- 1:25 ')' can not stand here; expected PRECISION
SELECT CAST(ra AS DOUBLE) FROM stars

-- 1:19 'FLOAT' can not stand here; expected BIGINT, CHAR, CIRCLE, DOUBLE, INTEGER, POINT, POLYGON, REAL, SMALLINT, TIMESTAMP or VARCHAR
SELECT CAST(ra AS FLOAT) FROM stars

-- 1:21 'BOOLEAN' can not stand here; expected BIGINT, CHAR, CIRCLE, DOUBLE, INTEGER, POINT, POLYGON, REAL, SMALLINT, TIMESTAMP or VARCHAR
SELECT CAST(flag AS BOOLEAN) FROM stars

-- 1:21 'DATE' can not stand here; expected BIGINT, CHAR, CIRCLE, DOUBLE, INTEGER, POINT, POLYGON, REAL, SMALLINT, TIMESTAMP or VARCHAR
SELECT CAST(seen AS DATE) FROM stars

-- 1:32 only a column can be tested with IS NULL in ADQL 2.1
SELECT ra + 1 FROM stars WHERE ra + 1 IS NULL

-- 1:8 'size' can not stand here: SIZE is a reserved word; as a name it needs double quotes, "size"
SELECT size FROM stars

-- 1:8 'year' can not stand here: YEAR is a reserved word; as a name it needs double quotes, "year"
SELECT year, month FROM stars

-- 1:14 'distance' can not stand here: DISTANCE is a reserved word; as a name it needs double quotes, "distance"
SELECT ra AS distance FROM stars

-- 1:8 'date' can not stand here: DATE is a reserved word; as a name it needs double quotes, "date"
SELECT date FROM stars

-- 1:8 a name that begins with _ needs double quotes: "_id"
SELECT _id FROM stars

-- 1:27 a name that begins with _ needs double quotes: "_s"
SELECT s.ra FROM stars AS _s, stars AS s

-- 1:8 'value' can not stand here: VALUE is a reserved word; as a name it needs double quotes, "value"
SELECT value FROM stars

-- 1:10 'time' can not stand here: TIME is a reserved word; as a name it needs double quotes, "time"
SELECT t.time FROM stars AS t

-- 1:10 the query ends; expected an operator, AS, ',', a name, '.' or FROM
SELECT ra
