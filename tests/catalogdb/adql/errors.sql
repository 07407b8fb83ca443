-- Queries that are ADQL but wrong over the tables of adql_sky.py, with the place and the words of the error.

-- 1:8 there is no column raa; did you mean ra?
SELECT raa FROM stars

-- 1:8 stars has no column raa; did you mean ra?
SELECT stars.raa FROM stars

-- 1:8 there is no table s in FROM (there are: stars)
SELECT s.ra FROM stars

-- 1:8 there is no table star in FROM; did you mean stars?
SELECT star.ra FROM stars

-- 1:8 there is no column xyz (there are: colour, mag, source_id)
SELECT xyz FROM plain

-- 1:8 there is no column RA; in double quotes the case of letters counts: "ra"
SELECT "RA" FROM stars

-- 1:16 there is no table starz; did you mean catalogs.stars?
SELECT ra FROM starz

-- 1:16 there is no table catalogs.starz; did you mean catalogs.stars?
SELECT ra FROM catalogs.starz

-- 1:16 there is no table catalog.stars; did you mean catalogs.stars?
SELECT ra FROM catalog.stars

-- 1:16 there is no table "Stars"; in double quotes the case of letters counts; did you mean catalogs.stars?
SELECT ra FROM "Stars"

-- 1:16 sky.catalogs.stars: tables here are called schema.table
SELECT ra FROM sky.catalogs.stars

-- 1:22 there is no table match.links; did you mean matches.links?
SELECT right_id FROM match.links

-- 1:8 mag is in stars and in plain: write stars.mag or plain.mag
SELECT mag FROM stars, plain

-- 1:8 source_id is in a and in b: write a.source_id or b.source_id
SELECT source_id FROM stars AS a JOIN stars AS b ON a.source_id = b.source_id

-- 1:8 stars is called s here: write s.ra
SELECT stars.ra FROM stars AS s

-- 1:8 catalogs.stars is called s here: write s.ra
SELECT catalogs.stars.ra FROM stars AS s

-- 1:23 two tables are called stars: give one another name with AS
SELECT ra FROM stars, stars

-- 1:28 two tables are called a: give one another name with AS
SELECT ra FROM stars AS a, plain AS A

-- 1:32 two tables are called plain: give one another name with AS
SELECT ra FROM stars AS plain, plain

-- 1:33 x is a name of the select list, which has none here: repeat its value
SELECT ra AS x FROM stars WHERE x > 1

-- 1:24 two columns are called X
SELECT ra AS x, dec AS X FROM stars

-- 1:17 x is a name of the select list, which has none here: repeat its value
SELECT ra AS x, x + 1 FROM stars

-- 1:8 q has no column dec (there are: ra)
SELECT q.dec FROM (SELECT ra FROM stars) AS q

-- 1:8 there is no column dec (there are: colour, mag, ra, source_id)
SELECT dec FROM (SELECT ra FROM stars) AS q, plain

-- 1:8 x is in q and in r: write q.x or r.x
SELECT x FROM (SELECT ra AS x, dec AS "X" FROM stars) AS q, (SELECT 1 AS x) AS r

-- 1:8 there are 2 columns mag
SELECT mag FROM (SELECT s.mag, p.mag FROM stars s, plain p) AS q

-- 1:60 there is no table a in FROM (there are: plain)
SELECT a.ra FROM (SELECT ra FROM stars AS b) AS a, (SELECT a.ra FROM plain) AS c

-- 1:28 there is no table plain in FROM (there are: stars)
SELECT ra FROM stars WHERE plain.mag > 1

-- 1:8 there is no table p in FROM (there are: stars)
SELECT p.* FROM stars

-- 1:40 the right table of the join has no column ra (there are: colour, mag, source_id)
SELECT ra FROM stars JOIN plain USING (ra)

-- 1:40 the left table of the join has no column colour (there are: dec, flag, fluxes, hpx29, mag, n_obs, name, parallax, pmdec, pmra, ra, seen, ...)
SELECT ra FROM stars JOIN plain USING (colour)

-- 1:60 there is no table c in FROM (there are: a, b)
SELECT ra FROM stars AS a JOIN plain AS b ON a.source_id = c.source_id

-- 1:62 there is no table l in FROM (there are: a, b)
SELECT a.ra FROM stars AS a JOIN plain AS b ON a.source_id = l.left_id JOIN links AS l ON l.left_id = b.source_id

-- 1:8 + needs numbers, and this is a character string + a number; || joins character strings
SELECT name + 1 FROM stars

-- 1:12 + needs numbers, and this is a number + a character string
SELECT 1 + name FROM stars

-- 1:8 * needs numbers, and this is a character string * a number
SELECT name * 3 FROM stars

-- 1:8 + needs numbers, and this is a character string + a character string; || joins character strings
SELECT name + 'x' FROM stars

-- 1:8 || joins character strings and numbers, and this is a timestamp
SELECT seen || 'x' FROM stars

-- 1:8 a sign needs a number, and this is a character string
SELECT -name FROM stars

-- 1:8 + needs numbers, and this is a timestamp + a number
SELECT seen + 1 FROM stars

-- 1:8 + needs numbers, and this is a truth value + a number
SELECT flag + 1 FROM stars

-- 1:8 * needs numbers, and this is an array of REAL * a number
SELECT fluxes * 2 FROM stars

-- 1:8 * needs numbers, and this is a point * a number
SELECT CAST('1 2' AS POINT) * 3

-- 1:13 SQRT needs a number, and this is a character string
SELECT SQRT(name) FROM stars

-- 1:17 POWER needs a number, and this is a character string
SELECT POWER(2, name) FROM stars

-- 1:14 ROUND needs a number, and this is a timestamp
SELECT ROUND(seen) FROM stars

-- 1:18 ROUND: decimals are from -300 to 300
SELECT ROUND(ra, 999) FROM stars

-- 1:14 LOWER needs a character string, and this is a number
SELECT LOWER(ra) FROM stars

-- 1:12 MOD needs a number, and this is a character string
SELECT MOD(name, 2) FROM stars

-- 1:21 the values of COALESCE must be of one kind: this is a character string, not a number
SELECT COALESCE(ra, name) FROM stars

-- 1:16 IN_UNIT needs a number, and this is a character string
SELECT IN_UNIT(name, 'deg') FROM stars

-- 1:20 IN_UNIT can not convert 'deg' to 'mag': 'deg' (angle) and 'mag' are not convertible
SELECT IN_UNIT(ra, 'mag') FROM stars

-- 1:20 IN_UNIT can not convert 'deg' to 'nonsense': Unit 'nonsense' not supported by the VOUnit standard. 
SELECT IN_UNIT(ra, 'nonsense') FROM stars

-- 1:16 the unit of this value is not known: IN_UNIT can not convert it
SELECT IN_UNIT(source_id, 'deg') FROM stars

-- 1:8 a timestamp can not be cast to INTEGER
SELECT CAST(seen AS INTEGER) FROM stars

-- 1:8 a number can not be cast to TIMESTAMP
SELECT CAST(ra AS TIMESTAMP) FROM stars

-- 1:8 a number can not be cast to POINT
SELECT CAST(ra AS POINT) FROM stars

-- 1:8 a point can not be cast to CIRCLE
SELECT CAST(CAST('1 2' AS POINT) AS CIRCLE)

-- 1:8 the length of VARCHAR is from 1 to 1,000,000
SELECT CAST(ra AS VARCHAR(0)) FROM stars

-- 1:39 one value of CASE is a character string, and this is a number
SELECT CASE WHEN ra > 1 THEN 'a' ELSE 2 END FROM stars

-- 1:23 a character string can not be compared with a number: write '1' in quotes
SELECT CASE name WHEN 1 THEN 2 END FROM stars

-- 1:8 there is no function nosuch (there are: ABS, ACOS, AREA, ASIN, ATAN, ATAN2, BOX, CEILING, CENTROID, CIRCLE, COALESCE, CONTAINS, ...)
SELECT nosuch(ra) FROM stars

-- 1:8 there is no function ivo_healpix; did you mean gaia_healpix_index, ivo_healpix_center, ivo_healpix_index?
SELECT ivo_healpix(5, ra, dec) FROM stars

-- 1:8 ivo_healpix_index has 1 arguments here; it is ivo_healpix_index(hpxOrder INTEGER, long DOUBLE, lat DOUBLE) -> BIGINT or ivo_healpix_index(hpxOrder INTEGER, p POINT) -> BIGINT
SELECT ivo_healpix_index(5) FROM stars

-- 1:26 ivo_healpix_index: orders are whole numbers from 0 to 29
SELECT ivo_healpix_index(30, ra, dec) FROM stars

-- 1:26 ivo_healpix_index: hpxOrder is to be a whole number, and this is a number
SELECT ivo_healpix_index(5.5, ra, dec) FROM stars

-- 1:29 ivo_healpix_index: long is to be a number, and this is a character string
SELECT ivo_healpix_index(5, name, dec) FROM stars

-- 1:18 ivo_to_jd: d is to be a timestamp, and this is a number
SELECT ivo_to_jd(ra) FROM stars

-- 1:29 ivo_string_agg: delimiter is to be a literal
SELECT ivo_string_agg(name, name) FROM stars

-- 1:35 ivo_geom_transform: no frame 'SUPERGALACTIC'; there are ICRS, GALACTIC, FK5, FK4, ECLIPTIC
SELECT ivo_geom_transform('ICRS', 'SUPERGALACTIC', CAST('1 2' AS POINT))

-- 1:27 ivo_histogram: the lower limit is to be below the upper one
SELECT ivo_histogram(mag, 5, 1, 3) FROM stars

-- 1:33 ivo_histogram: there can be 1 to 10,000 bins
SELECT ivo_histogram(mag, 1, 5, 0) FROM stars

-- 1:27 gaia_healpix_index: orders are whole numbers from 0 to 12
SELECT gaia_healpix_index(13, source_id) FROM stars

-- 1:28 a number can not be compared with a character string
SELECT ra FROM stars WHERE ra = 'x'

-- 1:28 a character string can not be compared with a number: write '5' in quotes
SELECT ra FROM stars WHERE name = 5

-- 1:42 a character string can not be compared with a number: write '5' in quotes
SELECT ra FROM stars WHERE name IN ('a', 5)

-- 1:28 a number can not be compared with a character string
SELECT ra FROM stars WHERE ra BETWEEN 'a' AND 'b'

-- 1:28 LIKE compares character strings, and this is a number
SELECT ra FROM stars WHERE ra LIKE 'a'

-- 1:38 LIKE compares character strings, and this is a number
SELECT ra FROM stars WHERE name LIKE 5

-- 1:35 'yesterday' is no timestamp; write '2016-01-31' or '2016-01-31T12:00:00'
SELECT ra FROM stars WHERE seen > 'yesterday'

-- 1:28 a timestamp can not be compared with a number
SELECT ra FROM stars WHERE seen > 2016

-- 1:28 a truth value can not be compared with a number
SELECT ra FROM stars WHERE flag = 2

-- 1:28 a truth value can not be compared with a character string
SELECT ra FROM stars WHERE flag = 'true'

-- 1:28 a number can not be compared with a truth value
SELECT ra FROM stars WHERE ra = TRUE

-- 1:28 an array of REAL can not be compared
SELECT ra FROM stars WHERE fluxes = 1

-- 1:28 a condition is needed here, and this is a number
SELECT ra FROM stars WHERE ra

-- 1:32 a condition is needed here, and this is a number
SELECT ra FROM stars WHERE NOT mag

-- 1:28 a condition is needed here, and this is a number: write = 1 after it
SELECT ra FROM stars WHERE ivo_hasword(name, 'x')

-- 1:35 IN needs a query of one column; this has 2
SELECT ra FROM stars WHERE ra IN (SELECT ra, dec FROM stars)

-- 1:28 a character string can not be compared with a number
SELECT ra FROM stars WHERE name IN (SELECT ra FROM stars)

-- 1:9 a subquery that stands for a value needs a query of one column; this has 2
SELECT (SELECT ra, dec FROM stars)

-- 1:28 the aggregate COUNT can not stand in WHERE; HAVING tests groups
SELECT ra FROM stars WHERE COUNT(*) > 1

-- 1:28 the aggregate MAX can not stand in WHERE; HAVING tests groups
SELECT ra FROM stars WHERE MAX(ra) > 1

-- 1:37 the aggregate MAX can not stand in GROUP BY
SELECT COUNT(*) FROM stars GROUP BY MAX(ra)

-- 1:8 the aggregate MAX can not stand in GROUP BY
SELECT MAX(ra) AS m FROM stars GROUP BY m

-- 1:48 the aggregate COUNT can not stand in a join's condition
SELECT s.ra FROM stars AS s JOIN plain AS p ON COUNT(*) = 1

-- 1:12 the aggregate MIN can not stand within another aggregate
SELECT MAX(MIN(ra)) FROM stars

-- 1:14 the aggregate SUM can not stand within another aggregate
SELECT COUNT(SUM(ra) + 1) FROM stars

-- 1:8 ra is beside an aggregate: it needs GROUP BY, or an aggregate of its own
SELECT ra, COUNT(*) FROM stars

-- 1:8 ra is neither in GROUP BY nor in an aggregate
SELECT ra, MAX(dec) FROM stars GROUP BY dec

-- 1:8 source_id is beside an aggregate: it needs GROUP BY, or an aggregate of its own
SELECT *, COUNT(*) FROM plain

-- 1:8 ra is beside an aggregate: it needs GROUP BY, or an aggregate of its own
SELECT ra + MAX(dec) FROM stars

-- 1:43 ra is neither in GROUP BY nor in an aggregate
SELECT mag FROM stars GROUP BY mag HAVING ra > 1

-- 1:45 ra is neither in GROUP BY nor in an aggregate
SELECT mag FROM stars GROUP BY mag ORDER BY ra

-- 1:8 ra is beside an aggregate: it needs GROUP BY, or an aggregate of its own
SELECT ra FROM stars HAVING COUNT(*) > 1

-- 1:14 mag is neither in GROUP BY nor in an aggregate
SELECT ROUND(mag, 1) FROM stars GROUP BY ROUND(mag)

-- 1:69 stars.source_id is neither in GROUP BY nor in an aggregate
SELECT flag, (SELECT MAX(p.mag) FROM plain AS p WHERE p.source_id = stars.source_id) FROM stars GROUP BY flag

-- 1:31 GROUP BY 2: there are columns 1 to 1
SELECT ra FROM stars GROUP BY 2

-- 1:30 GROUP BY 1: column 1 is an asterisk
SELECT * FROM plain GROUP BY 1

-- 1:12 SUM needs a number, and this is a character string
SELECT SUM(name) FROM stars

-- 1:12 AVG needs a number, and this is a timestamp
SELECT AVG(seen) FROM stars

-- 1:12 MAX needs values that have an order, and this is an array of REAL
SELECT MAX(fluxes) FROM stars

-- 1:31 ORDER BY 2: there are columns 1 to 1
SELECT ra FROM stars ORDER BY 2

-- 1:31 ORDER BY 0: there are columns 1 to 1
SELECT ra FROM stars ORDER BY 0

-- 1:31 there is no column nosuch (there are: dec, flag, fluxes, hpx29, mag, n_obs, name, parallax, pmdec, pmra, ra, seen, ...)
SELECT ra FROM stars ORDER BY nosuch

-- 1:50 ORDER BY ra: 2 columns have that name
SELECT a.ra, b.ra FROM stars a, stars b ORDER BY ra

-- 1:40 after DISTINCT rows are ordered by what is selected alone
SELECT DISTINCT ra FROM stars ORDER BY dec

-- 1:35 an array of REAL has no order
SELECT fluxes FROM stars ORDER BY fluxes

-- 1:33 UNION needs as many columns on both sides; these are 2 and 1
SELECT ra, dec FROM stars UNION SELECT ra FROM stars

-- 1:28 UNION: column 1 is a number on the left and a character string on the right
SELECT ra FROM stars UNION SELECT name FROM stars

-- 1:59 ORDER BY names none of the columns: ra
SELECT ra FROM stars UNION SELECT dec FROM stars ORDER BY dec

-- 1:59 ORDER BY after a set operation names columns of the result alone
SELECT ra FROM stars UNION SELECT dec FROM stars ORDER BY ra + 1

-- 1:60 ORDER BY 2: there are columns 1 to 1
SELECT ra FROM stars EXCEPT SELECT dec FROM stars ORDER BY 2

-- 1:41 there is no column dec (there are: ra)
WITH q AS (SELECT ra FROM stars) SELECT dec FROM q

-- 1:35 WITH names two queries Q
WITH q AS (SELECT ra FROM stars), Q AS (SELECT dec FROM stars) SELECT ra FROM q

-- 1:27 there is no table q (there are: catalogs.plain, catalogs.stars, matches.links, tap_upload.mine)
WITH q AS (SELECT ra FROM q) SELECT ra FROM q

-- 1:27 there is no table r (there are: catalogs.plain, catalogs.stars, matches.links, tap_upload.mine)
WITH q AS (SELECT ra FROM r), r AS (SELECT ra FROM stars) SELECT ra FROM q

-- 1:53 there is no table quik; did you mean quick?
WITH quick AS (SELECT ra FROM stars) SELECT ra FROM quik

-- 1:8 there is no column ra: the query has no FROM
SELECT ra

-- 1:8 * needs tables: the query has no FROM
SELECT *

-- 1:16 there is no table TAP_UPLOAD.other (there are: catalogs.plain, catalogs.stars, matches.links, tap_upload.mine)
SELECT ra FROM TAP_UPLOAD.other

-- 1:8 1e999 is more than a DOUBLE can be
SELECT 1e999 FROM stars

-- 1:43 there is no table stars in FROM (there are: links, plain)
SELECT ra FROM stars, plain JOIN links ON stars.source_id = links.left_id

-- 1:24 there are several columns mag on one side of the natural join
SELECT source_id FROM (stars JOIN plain USING (source_id)) NATURAL JOIN (plain AS p JOIN links AS l ON p.source_id = l.left_id) WHERE mag > 1

-- 1:28 a number can not be compared with a character string: write the number without quotes
SELECT ra FROM stars WHERE ra = '12.5'

-- 1:16 there is no table tap_schema.tabels; did you mean tap_schema.tables?
SELECT ra FROM tap_schema.tabels

-- 1:41 there is no table c.d (there are: catalogs.plain, catalogs.stars, matches.links, tap_upload.mine)
SELECT a.* FROM stars AS a, plain AS b, c.d AS e

-- 1:28 a number can not be compared with a character string: write the number without quotes
SELECT ra FROM stars WHERE source_id = '4295806720'

-- 1:43 there is no column nosuch (there are: colour, dec, flag, fluxes, hpx29, mag, n_obs, name, parallax, pmdec, pmra, ra, ...)
SELECT ra FROM stars WHERE EXISTS (SELECT nosuch FROM plain)

-- 1:30 a character string can not be compared with a timestamp
SELECT name FROM stars WHERE name > seen

-- 1:28 a character string can not be compared with a number: write '1' in quotes
SELECT ra FROM stars WHERE name BETWEEN 1 AND 'b'
