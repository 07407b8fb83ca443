-- ADQL and the DuckDB text that becomes of it, over the tables of adql_sky.py; line ends are spaces.


SELECT TOP 5 source_id, ra FROM catalogs.stars WHERE parallax > 10 ORDER BY ra;
SELECT "stars"."source_id", "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."parallax" > 10)
ORDER BY 2 NULLS LAST LIMIT 5;

SELECT * FROM plain;
SELECT "plain"."source_id", "plain"."mag", "plain"."colour" FROM "catalogs"."plain" AS "plain";

SELECT p.* FROM plain AS p;
SELECT "p"."source_id", "p"."mag", "p"."colour" FROM "catalogs"."plain" AS "p";

SELECT *, mag + 1 FROM plain;
SELECT "plain"."source_id", "plain"."mag", "plain"."colour", (CAST("plain"."mag" AS DOUBLE) + 1) AS "col_4"
FROM "catalogs"."plain" AS "plain";

SELECT RA, Stars.DEC FROM STARS;
SELECT "stars"."ra", "stars"."dec" FROM "catalogs"."stars" AS "stars";

SELECT ra AS "Alpha", dec "Delta" FROM stars AS S;
SELECT "S"."ra" AS "Alpha", "S"."dec" AS "Delta" FROM "catalogs"."stars" AS "S";

SELECT DISTINCT flag FROM stars;
SELECT DISTINCT "stars"."flag" FROM "catalogs"."stars" AS "stars";

SELECT ALL TOP 3 ra FROM stars OFFSET 2;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" LIMIT 3 OFFSET 2;

SELECT 1, 1.5, 1e3, .5, 'it''s', NULL;
SELECT 1 AS "col_1", 1.5e0 AS "col_2", 1000.0e0 AS "col_3", 0.5e0 AS "col_4", 'it''s' AS "col_5", CAST(NULL AS
INTEGER) AS "col_6";

SELECT 2147483648, 9223372036854775807, 9223372036854775808;
SELECT 2147483648 AS "col_1", 9223372036854775807 AS "col_2", 9.223372036854776e+18 AS "col_3";

SELECT -1, +2, -(-3), -ra, -n_obs FROM stars;
SELECT (-1) AS "col_1", 2 AS "col_2", (-(-3)) AS "col_3", (-"stars"."ra") AS "col_4", (-CAST("stars"."n_obs"
AS BIGINT)) AS "col_5" FROM "catalogs"."stars" AS "stars";

SELECT ra + dec, ra - dec, ra * dec, ra / dec FROM stars;
SELECT ("stars"."ra" + "stars"."dec") AS "col_1", ("stars"."ra" - "stars"."dec") AS "col_2", ("stars"."ra" *
"stars"."dec") AS "col_3", ("stars"."ra" / nullif("stars"."dec", 0)) AS "col_4" FROM "catalogs"."stars" AS
"stars";

SELECT n_obs + 1, n_obs * n_obs, source_id - 1, mag + 1, mag * mag, n_obs + mag FROM stars;
SELECT (CAST("stars"."n_obs" AS BIGINT) + 1) AS "col_1", (CAST("stars"."n_obs" AS BIGINT) * "stars"."n_obs")
AS "col_2", ("stars"."source_id" - 1) AS "col_3", (CAST("stars"."mag" AS DOUBLE) + 1) AS "col_4",
("stars"."mag" * "stars"."mag") AS "col_5", ("stars"."n_obs" + "stars"."mag") AS "col_6" FROM
"catalogs"."stars" AS "stars";

SELECT source_id / 7, n_obs / 2, source_id / n_obs, 7 / 2, 7 / 2.0 FROM stars;
SELECT ("stars"."source_id" // 7) AS "col_1", (CAST("stars"."n_obs" AS BIGINT) // 2) AS "col_2",
("stars"."source_id" // nullif("stars"."n_obs", 0)) AS "col_3", (CAST(7 AS BIGINT) // 2) AS "col_4", (7 /
2.0e0) AS "col_5" FROM "catalogs"."stars" AS "stars";

SELECT source_id % 7, MOD(source_id, n_obs), MOD(ra, 24) FROM stars;
SELECT ("stars"."source_id" % 7) AS "col_1", ("stars"."source_id" % nullif("stars"."n_obs", 0)) AS "col_2",
("stars"."ra" % 24) AS "col_3" FROM "catalogs"."stars" AS "stars";

SELECT 5. / 3600., 5 / 3600 FROM stars;
SELECT (5.0e0 / 3600.0e0) AS "col_1", (CAST(5 AS BIGINT) // 3600) AS "col_2" FROM "catalogs"."stars" AS
"stars";

SELECT 1 / 0, 1. / 0, ra / (dec - dec) FROM stars;
SELECT (CAST(1 AS BIGINT) // nullif(0, 0)) AS "col_1", (1.0e0 / nullif(0, 0)) AS "col_2", ("stars"."ra" /
nullif(("stars"."dec" - "stars"."dec"), 0)) AS "col_3" FROM "catalogs"."stars" AS "stars";

SELECT name || ' ' || name FROM stars;
SELECT (("stars"."name" || ' ') || "stars"."name") AS "col_1" FROM "catalogs"."stars" AS "stars";

SELECT ABS(n_obs), CEILING(ra), FLOOR(n_obs), SIGN(pmra) FROM stars;
SELECT abs("stars"."n_obs") AS "col_1", ceil("stars"."ra") AS "col_2", "stars"."n_obs" AS "col_3",
CAST(sign("stars"."pmra") AS INTEGER) AS "col_4" FROM "catalogs"."stars" AS "stars";

SELECT ROUND(ra), ROUND(ra, 2), ROUND(n_obs, -1), TRUNCATE(mag), TRUNCATE(ra, 3) FROM stars;
SELECT round("stars"."ra") AS "col_1", round("stars"."ra", 2) AS "col_2", round("stars"."n_obs", (-1)) AS
"col_3", trunc("stars"."mag") AS "col_4", trunc("stars"."ra", 3) AS "col_5" FROM "catalogs"."stars" AS
"stars";

SELECT EXP(mag), LOG(parallax), LOG10(parallax), SQRT(parallax), POWER(mag, 2), POWER(mag, 0.5) FROM stars;
SELECT exp((CASE WHEN "stars"."mag" < 709.782712893384e0 THEN "stars"."mag" END)) AS "col_1", ln((CASE WHEN
"stars"."parallax" > 0 THEN "stars"."parallax" END)) AS "col_2", log10((CASE WHEN "stars"."parallax" > 0 THEN
"stars"."parallax" END)) AS "col_3", sqrt((CASE WHEN "stars"."parallax" >= 0 THEN "stars"."parallax" END)) AS
"col_4", (CASE WHEN isfinite(pow("stars"."mag", 2)) THEN pow("stars"."mag", 2) END) AS "col_5", (CASE WHEN
isfinite(pow("stars"."mag", 0.5e0)) THEN pow("stars"."mag", 0.5e0) END) AS "col_6" FROM "catalogs"."stars" AS
"stars";

SELECT PI(), DEGREES(PI()), RADIANS(180), RAND(), RAND(5);
SELECT pi() AS "col_1", degrees(pi()) AS "col_2", radians(180) AS "col_3", random() AS "col_4", random() AS
"col_5";

SELECT SIN(RADIANS(dec)), COS(ra), TAN(ra), COT(ra), ASIN(ra), ACOS(2), ATAN(ra), ATAN2(pmra, pmdec) FROM stars;
SELECT sin(radians("stars"."dec")) AS "col_1", cos("stars"."ra") AS "col_2", tan("stars"."ra") AS "col_3",
cot((CASE WHEN "stars"."ra" <> 0 THEN "stars"."ra" END)) AS "col_4", asin((CASE WHEN "stars"."ra" BETWEEN -1
AND 1 THEN "stars"."ra" END)) AS "col_5", acos((CASE WHEN 2 BETWEEN -1 AND 1 THEN 2 END)) AS "col_6",
atan("stars"."ra") AS "col_7", atan2("stars"."pmra", "stars"."pmdec") AS "col_8" FROM "catalogs"."stars" AS
"stars";

SELECT SQRT(ra + dec + parallax + pmra + pmdec + mag + n_obs) FROM stars;
SELECT sqrt(list_filter([(((((("stars"."ra" + "stars"."dec") + "stars"."parallax") + "stars"."pmra") +
"stars"."pmdec") + "stars"."mag") + "stars"."n_obs")], lambda v: v >= 0)[1]) AS "col_1" FROM
"catalogs"."stars" AS "stars";

SELECT LOWER(name), UPPER('x' || name) FROM stars;
SELECT lower("stars"."name") AS "col_1", upper(('x' || "stars"."name")) AS "col_2" FROM "catalogs"."stars" AS
"stars";

SELECT COALESCE(mag, 99), COALESCE(mag, parallax, 0), COALESCE(name, 'none'), COALESCE(NULL, n_obs) FROM stars;
SELECT coalesce(CAST("stars"."mag" AS DOUBLE), CAST(99 AS DOUBLE)) AS "col_1", coalesce(CAST("stars"."mag" AS
DOUBLE), "stars"."parallax", CAST(0 AS DOUBLE)) AS "col_2", coalesce("stars"."name", 'none') AS "col_3",
coalesce(NULL, "stars"."n_obs") AS "col_4" FROM "catalogs"."stars" AS "stars";

SELECT IN_UNIT(parallax, 'arcsec'), IN_UNIT(ra, 'rad'), IN_UNIT(pmra, 'deg/yr') FROM stars;
SELECT ("stars"."parallax" * 0.001e0) AS "col_1", ("stars"."ra" * 0.017453292519943295e0) AS "col_2",
("stars"."pmra" * 2.777777777777778e-07) AS "col_3" FROM "catalogs"."stars" AS "stars";

SELECT CAST(ra AS INTEGER), CAST(n_obs AS DOUBLE PRECISION), CAST(mag AS REAL), CAST('7' AS BIGINT) FROM stars;
SELECT CAST("stars"."ra" AS INTEGER) AS "col_1", CAST("stars"."n_obs" AS DOUBLE) AS "col_2", "stars"."mag" AS
"col_3", CAST('7' AS BIGINT) AS "col_4" FROM "catalogs"."stars" AS "stars";

SELECT CAST(ra AS VARCHAR), CAST(ra AS VARCHAR(4)), CAST(name AS CHAR(8)), CAST(seen AS VARCHAR) FROM stars;
SELECT CAST("stars"."ra" AS VARCHAR) AS "col_1", left(CAST("stars"."ra" AS VARCHAR), 4) AS "col_2",
rpad(left("stars"."name", 8), 8, ' ') AS "col_3", strftime("stars"."seen", '%Y-%m-%dT%H:%M:%S.%f') AS "col_4"
FROM "catalogs"."stars" AS "stars";

SELECT CAST('2016-01-01' AS TIMESTAMP), TIMESTAMP '2016-01-01T12:00:00', CAST(seen AS DATE) FROM stars;
SELECT CAST('2016-01-01' AS TIMESTAMP) AS "col_1", CAST('2016-01-01T12:00:00' AS TIMESTAMP) AS "col_2",
CAST(CAST("stars"."seen" AS DATE) AS TIMESTAMP) AS "col_3" FROM "catalogs"."stars" AS "stars";

SELECT CAST('1 2' AS POINT), CAST('1 2 3' AS CIRCLE);
SELECT CAST(string_split_regex(trim('1 2'), '\s+') AS DOUBLE[]) AS "col_1", CAST(string_split_regex(trim('1 2
3'), '\s+') AS DOUBLE[]) AS "col_2";

SELECT CASE WHEN mag < 10 THEN 'bright' WHEN mag < 15 THEN 'middle' ELSE 'faint' END AS class FROM stars;
SELECT (CASE WHEN ("stars"."mag" < 10) THEN 'bright' WHEN ("stars"."mag" < 15) THEN 'middle' ELSE 'faint' END)
AS "class" FROM "catalogs"."stars" AS "stars";

SELECT CASE n_obs WHEN 1 THEN 1 WHEN 2 THEN 2.5 END FROM stars;
SELECT (CASE WHEN ("stars"."n_obs" = 1) THEN CAST(1 AS DOUBLE) WHEN ("stars"."n_obs" = 2) THEN 2.5e0 END) AS
"col_1" FROM "catalogs"."stars" AS "stars";

SELECT TRUE, FALSE, flag FROM stars WHERE flag;
SELECT TRUE AS "col_1", FALSE AS "col_2", "stars"."flag" FROM "catalogs"."stars" AS "stars" WHERE
"stars"."flag";

SELECT ra FROM stars WHERE ra < 10;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."ra" < 10);

SELECT ra FROM stars WHERE 10 > ra AND dec >= -5 AND dec <= 5 AND n_obs <> 3 AND n_obs != 4;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE (10 > "stars"."ra") AND ("stars"."dec" >= (-5))
AND ("stars"."dec" <= 5) AND ("stars"."n_obs" <> 3) AND ("stars"."n_obs" <> 4);

SELECT ra FROM stars WHERE ra < 10 OR ra > 350 AND dec > 0;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE (("stars"."ra" < 10) OR (("stars"."ra" > 350) AND
("stars"."dec" > 0)));

SELECT ra FROM stars WHERE (ra < 10 OR ra > 350) AND dec > 0;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE (("stars"."ra" < 10) OR ("stars"."ra" > 350)) AND
("stars"."dec" > 0);

SELECT ra FROM stars WHERE NOT (ra < 10 AND dec > 0) AND NOT flag = 1;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE (NOT (("stars"."ra" < 10) AND ("stars"."dec" >
0))) AND (NOT ("stars"."flag" = TRUE));

SELECT ra FROM stars WHERE NOT NOT ra < 10;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."ra" < 10);

SELECT ra FROM stars WHERE ra BETWEEN 10 AND 20 AND dec NOT BETWEEN -1 AND 1;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."ra" BETWEEN 10 AND 20) AND
("stars"."dec" NOT BETWEEN (-1) AND 1);

SELECT ra FROM stars WHERE n_obs IN (1, 2, 3) AND name NOT IN ('a', 'b');
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."n_obs" IN (1, 2, 3)) AND
("stars"."name" NOT IN ('a', 'b'));

SELECT ra FROM stars WHERE name LIKE 'a_%' AND name NOT LIKE '%z' AND name ILIKE 'A%' AND name NOT ILIKE 'b';
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."name" LIKE 'a_%') AND ("stars"."name"
NOT LIKE '%z') AND ("stars"."name" ILIKE 'A%') AND ("stars"."name" NOT ILIKE 'b');

SELECT ra FROM stars WHERE mag IS NULL OR parallax IS NOT NULL;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE (("stars"."mag" IS NULL) OR ("stars"."parallax"
IS NOT NULL));

SELECT ra FROM stars WHERE flag = 1 AND flag <> 0 AND flag = TRUE;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."flag" = TRUE) AND ("stars"."flag" <>
FALSE) AND ("stars"."flag" = TRUE);

SELECT ra FROM stars WHERE seen > '2016-02-01' AND seen BETWEEN '2016-01-01' AND '2016-12-31T23:59:59';
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."seen" > CAST('2016-02-01' AS
TIMESTAMP)) AND ("stars"."seen" BETWEEN CAST('2016-01-01' AS TIMESTAMP) AND CAST('2016-12-31T23:59:59' AS
TIMESTAMP));

SELECT ra FROM stars WHERE seen IN ('2016-01-01', '2016-01-02') AND '2016-01-01' <= seen;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."seen" IN (CAST('2016-01-01' AS
TIMESTAMP), CAST('2016-01-02' AS TIMESTAMP))) AND (CAST('2016-01-01' AS TIMESTAMP) <= "stars"."seen");

SELECT ra FROM stars WHERE source_id = 4295806720 AND mag = 18.2;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."source_id" = 4295806720) AND
("stars"."mag" = 18.2e0);

SELECT ra FROM stars WHERE source_id IN (SELECT source_id FROM plain WHERE mag > 10);
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."source_id" IN (SELECT
"plain"."source_id" FROM "catalogs"."plain" AS "plain" WHERE ("plain"."mag" > 10)));

SELECT ra FROM stars AS s WHERE EXISTS (SELECT * FROM plain AS p WHERE p.source_id = s.source_id);
SELECT "s"."ra" FROM "catalogs"."stars" AS "s" WHERE EXISTS (SELECT "p"."source_id", "p"."mag", "p"."colour"
FROM "catalogs"."plain" AS "p" WHERE ("p"."source_id" = "s"."source_id"));

SELECT ra FROM stars WHERE NOT EXISTS (SELECT mag FROM plain WHERE colour > stars.mag);
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE (NOT EXISTS (SELECT "plain"."mag" FROM
"catalogs"."plain" AS "plain" WHERE ("plain"."colour" > "stars"."mag")));

SELECT ra FROM stars WHERE mag > (SELECT AVG(mag) FROM stars);
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."mag" > (SELECT avg("stars_2"."mag") AS
"avg_mag" FROM "catalogs"."stars" AS "stars_2"));

SELECT (SELECT MAX(mag) FROM plain) - mag FROM stars;
SELECT ((SELECT max("plain"."mag") AS "max_mag" FROM "catalogs"."plain" AS "plain") - "stars"."mag") AS
"col_1" FROM "catalogs"."stars" AS "stars";

SELECT COUNT(*), COUNT(mag), COUNT(DISTINCT n_obs) FROM stars;
SELECT count(*) AS "count_all", count("stars"."mag") AS "count_mag", count(DISTINCT "stars"."n_obs") AS
"count_n_obs" FROM "catalogs"."stars" AS "stars";

SELECT AVG(mag), MIN(mag), MAX(ra), SUM(ra), SUM(n_obs), SUM(DISTINCT n_obs), AVG(n_obs) FROM stars;
SELECT avg("stars"."mag") AS "avg_mag", min("stars"."mag") AS "min_mag", max("stars"."ra") AS "max_ra",
sum("stars"."ra") AS "sum_ra", CAST(sum("stars"."n_obs") AS BIGINT) AS "sum_n_obs", CAST(sum(DISTINCT
"stars"."n_obs") AS BIGINT) AS "sum_n_obs_2", avg("stars"."n_obs") AS "avg_n_obs" FROM "catalogs"."stars" AS
"stars";

SELECT MIN(name), MAX(seen) FROM stars;
SELECT min("stars"."name") AS "min_name", max("stars"."seen") AS "max_seen" FROM "catalogs"."stars" AS
"stars";

SELECT SQRT(AVG(ra * ra) - AVG(ra) * AVG(ra)) AS spread FROM stars;
SELECT sqrt((CASE WHEN (avg(("stars"."ra" * "stars"."ra")) - (avg("stars"."ra") * avg("stars"."ra"))) >= 0
THEN (avg(("stars"."ra" * "stars"."ra")) - (avg("stars"."ra") * avg("stars"."ra"))) END)) AS "spread" FROM
"catalogs"."stars" AS "stars";

SELECT flag, COUNT(*) FROM stars GROUP BY flag;
SELECT "stars"."flag", count(*) AS "count_all" FROM "catalogs"."stars" AS "stars" GROUP BY "stars"."flag";

SELECT ROUND(mag) AS bin, COUNT(*) AS n FROM stars GROUP BY bin ORDER BY bin;
SELECT round("stars"."mag") AS "bin", count(*) AS "n" FROM "catalogs"."stars" AS "stars" GROUP BY
round("stars"."mag") ORDER BY 1 NULLS LAST;

SELECT ROUND(mag), COUNT(*) FROM stars GROUP BY ROUND(mag) HAVING COUNT(*) > 5 AND AVG(ra) > 10;
SELECT round("stars"."mag") AS "col_1", count(*) AS "count_all" FROM "catalogs"."stars" AS "stars" GROUP BY
round("stars"."mag") HAVING (count(*) > 5) AND (avg("stars"."ra") > 10);

SELECT ROUND(mag) * 2 + COUNT(*) FROM stars GROUP BY ROUND(mag);
SELECT ((CAST(round("stars"."mag") AS DOUBLE) * 2) + count(*)) AS "col_1" FROM "catalogs"."stars" AS "stars"
GROUP BY round("stars"."mag");

SELECT flag, n_obs, MAX(mag) FROM stars GROUP BY 1, 2;
SELECT "stars"."flag", "stars"."n_obs", max("stars"."mag") AS "max_mag" FROM "catalogs"."stars" AS "stars"
GROUP BY "stars"."flag", "stars"."n_obs";

SELECT COUNT(*) FROM stars GROUP BY 'all';
SELECT count(*) AS "count_all" FROM "catalogs"."stars" AS "stars" GROUP BY CAST('all' AS VARCHAR);

SELECT flag AS f, COUNT(*) AS n FROM stars GROUP BY f HAVING n > 3 ORDER BY n DESC, f;
SELECT "stars"."flag" AS "f", count(*) AS "n" FROM "catalogs"."stars" AS "stars" GROUP BY "stars"."flag"
HAVING (count(*) > 3) ORDER BY 2 DESC NULLS LAST, 1 NULLS LAST;

SELECT flag FROM stars GROUP BY flag ORDER BY MAX(mag) DESC;
SELECT "stars"."flag" FROM "catalogs"."stars" AS "stars" GROUP BY "stars"."flag" ORDER BY max("stars"."mag")
DESC NULLS LAST;

SELECT ra, dec FROM stars ORDER BY dec DESC, ra ASC;
SELECT "stars"."ra", "stars"."dec" FROM "catalogs"."stars" AS "stars" ORDER BY 2 DESC NULLS LAST, 1 NULLS
LAST;

SELECT ra, dec FROM stars ORDER BY 2, 1 DESC;
SELECT "stars"."ra", "stars"."dec" FROM "catalogs"."stars" AS "stars" ORDER BY 2 NULLS LAST, 1 DESC NULLS
LAST;

SELECT ra AS x FROM stars ORDER BY x, mag, ABS(dec) DESC;
SELECT "stars"."ra" AS "x" FROM "catalogs"."stars" AS "stars" ORDER BY 1 NULLS LAST, "stars"."mag" NULLS LAST,
abs("stars"."dec") DESC NULLS LAST;

SELECT DISTINCT ra + 1 AS x FROM stars ORDER BY ra + 1;
SELECT DISTINCT ("stars"."ra" + 1) AS "x" FROM "catalogs"."stars" AS "stars" ORDER BY 1 NULLS LAST;

SELECT s.ra, p.mag FROM stars AS s, plain AS p WHERE s.source_id = p.source_id;
SELECT "s"."ra", "p"."mag" FROM "catalogs"."stars" AS "s" CROSS JOIN "catalogs"."plain" AS "p" WHERE
("s"."source_id" = "p"."source_id");

SELECT s.ra, p.mag FROM stars AS s JOIN plain AS p ON s.source_id = p.source_id AND p.mag > 10;
SELECT "s"."ra", "p"."mag" FROM "catalogs"."stars" AS "s" INNER JOIN "catalogs"."plain" AS "p" ON
("s"."source_id" = "p"."source_id") AND ("p"."mag" > 10);

SELECT s.ra, p.mag FROM stars AS s LEFT OUTER JOIN plain AS p ON s.source_id = p.source_id;
SELECT "s"."ra", "p"."mag" FROM "catalogs"."stars" AS "s" LEFT JOIN "catalogs"."plain" AS "p" ON
("s"."source_id" = "p"."source_id");

SELECT source_id, stars.mag, plain.mag FROM stars JOIN plain USING (source_id);
SELECT "stars"."source_id", "stars"."mag", "plain"."mag" AS "mag_1" FROM "catalogs"."stars" AS "stars" INNER
JOIN "catalogs"."plain" AS "plain" ON ("stars"."source_id" = "plain"."source_id");

SELECT source_id FROM stars RIGHT JOIN plain USING (source_id);
SELECT "plain"."source_id" FROM "catalogs"."stars" AS "stars" RIGHT JOIN "catalogs"."plain" AS "plain" ON
("stars"."source_id" = "plain"."source_id");

SELECT source_id, mag FROM stars FULL OUTER JOIN plain USING (source_id, mag);
SELECT coalesce("stars"."source_id", "plain"."source_id") AS "source_id", coalesce("stars"."mag",
"plain"."mag") AS "mag" FROM "catalogs"."stars" AS "stars" FULL JOIN "catalogs"."plain" AS "plain" ON
("stars"."source_id" = "plain"."source_id") AND ("stars"."mag" = "plain"."mag");

SELECT * FROM plain NATURAL JOIN links;
SELECT "plain"."source_id", "plain"."mag", "plain"."colour", "links"."left_id", "links"."right_id" FROM
"catalogs"."plain" AS "plain" CROSS JOIN "matches"."links" AS "links";

SELECT source_id FROM stars NATURAL LEFT JOIN plain;
SELECT "stars"."source_id" FROM "catalogs"."stars" AS "stars" LEFT JOIN "catalogs"."plain" AS "plain" ON
("stars"."source_id" = "plain"."source_id") AND ("stars"."mag" = "plain"."mag");

SELECT s.ra FROM stars AS s CROSS JOIN links;
SELECT "s"."ra" FROM "catalogs"."stars" AS "s" CROSS JOIN "matches"."links" AS "links";

SELECT a.ra FROM stars AS a JOIN (links AS l JOIN plain AS p ON l.right_id = p.source_id) ON a.source_id = l.left_id;
SELECT "a"."ra" FROM "catalogs"."stars" AS "a" INNER JOIN ("matches"."links" AS "l" INNER JOIN
"catalogs"."plain" AS "p" ON ("l"."right_id" = "p"."source_id")) ON ("a"."source_id" = "l"."left_id");

SELECT a.ra, b.ra FROM stars AS a JOIN stars AS b ON a.source_id = b.source_id;
SELECT "a"."ra", "b"."ra" AS "ra_1" FROM "catalogs"."stars" AS "a" INNER JOIN "catalogs"."stars" AS "b" ON
("a"."source_id" = "b"."source_id");

SELECT catalogs.stars.ra FROM catalogs.stars, matches.links WHERE links.left_id = stars.source_id;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" CROSS JOIN "matches"."links" AS "links" WHERE
("links"."left_id" = "stars"."source_id");

SELECT x FROM (SELECT ra AS x, mag FROM stars WHERE mag < 10) AS q WHERE x > 5;
SELECT "q"."x" FROM (SELECT "stars"."ra" AS "x", "stars"."mag" FROM "catalogs"."stars" AS "stars" WHERE
("stars"."mag" < 10)) AS "q" WHERE ("q"."x" > 5);

SELECT COUNT(*) FROM (SELECT TOP 5 ra FROM stars ORDER BY ra DESC);
SELECT count(*) AS "count_all" FROM (SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" ORDER BY 1 DESC
NULLS LAST LIMIT 5) AS "subquery";

SELECT q.ra, q.RA FROM (SELECT ra, ra + 1 AS "Ra2" FROM stars) AS q;
SELECT "q"."ra", "q"."ra" AS "ra_1" FROM (SELECT "stars"."ra", ("stars"."ra" + 1) AS "Ra2" FROM
"catalogs"."stars" AS "stars") AS "q";

SELECT "Ra2" FROM (SELECT ra + 1 AS "Ra2" FROM stars) AS q;
SELECT "q"."Ra2" FROM (SELECT ("stars"."ra" + 1) AS "Ra2" FROM "catalogs"."stars" AS "stars") AS "q";

SELECT col_1, n FROM (SELECT ra + 1, COUNT(*) AS n FROM stars GROUP BY ra) AS q;
SELECT "q"."col_1", "q"."n" FROM (SELECT ("stars"."ra" + 1) AS "col_1", count(*) AS "n" FROM
"catalogs"."stars" AS "stars" GROUP BY "stars"."ra") AS "q";

SELECT mag FROM stars UNION SELECT mag FROM plain;
(SELECT "stars"."mag" FROM "catalogs"."stars" AS "stars") UNION (SELECT "plain"."mag" FROM "catalogs"."plain"
AS "plain");

SELECT mag FROM stars UNION ALL SELECT colour FROM plain;
(SELECT CAST("stars"."mag" AS DOUBLE) AS "mag" FROM "catalogs"."stars" AS "stars") UNION ALL (SELECT
"plain"."colour" FROM "catalogs"."plain" AS "plain");

SELECT mag, 'a' FROM stars EXCEPT SELECT mag, NULL FROM plain INTERSECT SELECT 1, 'b';
(SELECT CAST("stars"."mag" AS DOUBLE) AS "mag", 'a' AS "col_2" FROM "catalogs"."stars" AS "stars") EXCEPT
((SELECT CAST("plain"."mag" AS DOUBLE) AS "mag", CAST(NULL AS VARCHAR) AS "col_2" FROM "catalogs"."plain" AS
"plain") INTERSECT (SELECT CAST(1 AS DOUBLE) AS "col_1", 'b' AS "col_2"));

(SELECT mag FROM stars ORDER BY mag) UNION (SELECT TOP 2 mag FROM plain) ORDER BY mag DESC OFFSET 1;
(SELECT "stars"."mag" FROM "catalogs"."stars" AS "stars" ORDER BY 1 NULLS LAST) UNION (SELECT "plain"."mag"
FROM "catalogs"."plain" AS "plain" LIMIT 2) ORDER BY 1 DESC NULLS LAST OFFSET 1;

(SELECT TOP 3 mag FROM stars) ORDER BY 1;
SELECT * FROM (SELECT "stars"."mag" FROM "catalogs"."stars" AS "stars" LIMIT 3) ORDER BY 1 NULLS LAST;

SELECT u.mag FROM (SELECT mag FROM stars UNION SELECT mag FROM plain) AS u;
SELECT "u"."mag" FROM ((SELECT "stars"."mag" FROM "catalogs"."stars" AS "stars") UNION (SELECT "plain"."mag"
FROM "catalogs"."plain" AS "plain")) AS "u";

WITH q AS (SELECT ra AS x FROM stars), r AS (SELECT x FROM q WHERE x > 5) SELECT r.x, q.x FROM r, q;
WITH "q" AS (SELECT "stars"."ra" AS "x" FROM "catalogs"."stars" AS "stars"), "r" AS (SELECT "q"."x" FROM "q"
AS "q" WHERE ("q"."x" > 5)) SELECT "r"."x", "q_2"."x" AS "x_1" FROM "r" AS "r" CROSS JOIN "q" AS "q_2";

WITH bright AS (SELECT * FROM plain WHERE mag < 10) SELECT b.colour FROM bright AS b JOIN stars USING (source_id);
WITH "bright" AS (SELECT "plain"."source_id", "plain"."mag", "plain"."colour" FROM "catalogs"."plain" AS
"plain" WHERE ("plain"."mag" < 10)) SELECT "b"."colour" FROM "bright" AS "b" INNER JOIN "catalogs"."stars" AS
"stars" ON ("b"."source_id" = "stars"."source_id");

SELECT table_name FROM TAP_SCHEMA.tables WHERE table_name LIKE 'catalogs.%';
SELECT "tables"."table_name" FROM "tap_schema"."tables" AS "tables" WHERE ("tables"."table_name" LIKE
'catalogs.%');

SELECT "size" FROM tap_schema.columns;
SELECT "columns"."size" FROM "tap_schema"."columns" AS "columns";

SELECT m.d_kpc FROM TAP_UPLOAD.mine AS m WHERE m.code = 'a';
SELECT "m"."d_kpc" FROM "tap_upload"."mine" AS "m" WHERE ("m"."code" = 'a');

SELECT ivo_healpix_index(6, ra, dec), ivo_healpix_index(6, pmra, pmdec) FROM stars;
SELECT ("stars"."hpx29" >> (58 - 2 * 6)) AS "col_1", (hpx29("stars"."pmra", "stars"."pmdec") >> (58 - 2 * 6))
AS "col_2" FROM "catalogs"."stars" AS "stars";

SELECT gaia_healpix_index(6, source_id) AS hpx, COUNT(*) FROM stars GROUP BY hpx;
SELECT ("stars"."source_id" >> (59 - 2 * 6)) AS "hpx", count(*) AS "count_all" FROM "catalogs"."stars" AS
"stars" GROUP BY ("stars"."source_id" >> (59 - 2 * 6));

SELECT ra FROM stars WHERE 1 = ivo_hasword(name, 'star') AND ivo_nocasematch(name, 'a%') = 0;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE
(list_has_all(regexp_extract_all(lower("stars"."name"), '[\pL\pN]+'), regexp_extract_all(lower('star'),
'[\pL\pN]+'))) AND (NOT ("stars"."name" ILIKE 'a%'));

SELECT ivo_hasword(name, 'star') FROM stars;
SELECT CAST(list_has_all(regexp_extract_all(lower("stars"."name"), '[\pL\pN]+'),
regexp_extract_all(lower('star'), '[\pL\pN]+')) AS INTEGER) AS "col_1" FROM "catalogs"."stars" AS "stars";

SELECT ivo_to_mjd(seen), ivo_to_jd('2016-01-01') FROM stars;
SELECT (epoch_us("stars"."seen") / 86400e6 + 40587) AS "col_1", (epoch_us(CAST('2016-01-01' AS TIMESTAMP)) /
86400e6 + 2440587.5e0) AS "col_2" FROM "catalogs"."stars" AS "stars";

SELECT ivo_string_agg(name, ', ') FROM stars;
SELECT string_agg("stars"."name", ', ' ORDER BY "stars"."name") AS "col_1" FROM "catalogs"."stars" AS "stars";

SELECT flag, ivo_histogram(mag, 5, 20, 3) FROM stars GROUP BY flag;
SELECT "stars"."flag", list_transform([histogram(histogram_bin("stars"."mag", 5.0e0, 20.0e0, 3))], lambda h:
list_transform(range(5), lambda i: CAST(coalesce(h[i], 0) AS INTEGER)))[1] AS "col_2" FROM "catalogs"."stars"
AS "stars" GROUP BY "stars"."flag";

SELECT ra FROM stars WHERE NOT NOT NOT ra < 10;
SELECT "stars"."ra" FROM "catalogs"."stars" AS "stars" WHERE (NOT ("stars"."ra" < 10));

SELECT ra AS x FROM stars ORDER BY x + 1, 'constant', NULL;
SELECT "stars"."ra" AS "x" FROM "catalogs"."stars" AS "stars" ORDER BY ("stars"."ra" + 1) NULLS LAST;
