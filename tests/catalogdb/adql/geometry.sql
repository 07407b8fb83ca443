-- Geometry and what it becomes, over the tables of adql_sky.py; line ends are spaces.

SELECT source_id FROM stars WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 10, 20, 0.5));
SELECT "stars"."source_id" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."hpx29" BETWEEN
1397633210531184640 AND 1400799804019179519 AND ("stars"."hpx29" BETWEEN 1397633210531184640 AND
1397663996856762367 OR "stars"."hpx29" BETWEEN 1397685987089317888 AND 1397699181228851199 OR "stars"."hpx29"
BETWEEN 1397734365600940032 AND 1397804734345117695 OR "stars"."hpx29" BETWEEN 1400760221600579584 AND
1400764619647090687 OR "stars"."hpx29" BETWEEN 1400769017693601792 AND 1400773415740112895 OR "stars"."hpx29"
BETWEEN 1400795405972668416 AND 1400799804019179519)) AND (separation_deg("stars"."ra", "stars"."dec", 10.0e0,
20.0e0) <= 0.5e0);

SELECT source_id FROM stars WHERE CONTAINS(POINT(ra, dec), CIRCLE(POINT(10, 20), 1e-3)) = 0;
SELECT "stars"."source_id" FROM "catalogs"."stars" AS "stars" WHERE (NOT (separation_deg("stars"."ra",
"stars"."dec", 10.0e0, 20.0e0) <= 0.001e0));

SELECT source_id FROM stars WHERE DISTANCE(POINT(ra, dec), POINT(10, 20)) < 5./3600.;
SELECT "stars"."source_id" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."hpx29" BETWEEN
1397760950357983232 AND 1397760957639294975 AND ("stars"."hpx29" BETWEEN 1397760950357983232 AND
1397760950374760447 OR "stars"."hpx29" BETWEEN 1397760951079403520 AND 1397760951180066815 OR "stars"."hpx29"
BETWEEN 1397760956079013888 AND 1397760956280340479 OR "stars"."hpx29" BETWEEN 1397760956615884800 AND
1397760956682993663 OR "stars"."hpx29" BETWEEN 1397760956817211392 AND 1397760957488300031 OR "stars"."hpx29"
BETWEEN 1397760957622517760 AND 1397760957639294975)) AND (separation_deg("stars"."ra", "stars"."dec", 10.0e0,
20.0e0) < (5.0e0 / 3600.0e0));

SELECT source_id FROM stars WHERE DISTANCE(ra, dec, 10, 20) BETWEEN 0.1 AND 0.2;
SELECT "stars"."source_id" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."hpx29" BETWEEN
1397740412914892800 AND 1397788516548607999 AND ("stars"."hpx29" BETWEEN 1397740412914892800 AND
1397743161693962239 OR "stars"."hpx29" BETWEEN 1397747559740473344 AND 1397756355833495551 OR "stars"."hpx29"
BETWEEN 1397760753880006656 AND 1397765151926517759 OR "stars"."hpx29" BETWEEN 1397775047531167744 AND
1397775597286981631 OR "stars"."hpx29" BETWEEN 1397787142159073280 AND 1397787691914887167 OR "stars"."hpx29"
BETWEEN 1397788241670701056 AND 1397788516548607999)) AND (separation_deg("stars"."ra", "stars"."dec", 10.0e0,
20.0e0) BETWEEN 0.1e0 AND 0.2e0);

SELECT source_id FROM stars WHERE INTERSECTS(CIRCLE(ra, dec, 1), CIRCLE(10, 20, 2)) = 1;
SELECT "stars"."source_id" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."hpx29" BETWEEN
1390978966159884288 AND 1403012021414264831 AND ("stars"."hpx29" BETWEEN 1390978966159884288 AND
1391612284857483263 OR "stars"."hpx29" BETWEEN 1394427034624589824 AND 1394919615833833471 OR "stars"."hpx29"
BETWEEN 1397241784391696384 AND 1398367684298539007 OR "stars"."hpx29" BETWEEN 1399563952949559296 AND
1399915796670447615 OR "stars"."hpx29" BETWEEN 1400619484112224256 AND 1401675015274889215 OR "stars"."hpx29"
BETWEEN 1402871283925909504 AND 1403012021414264831)) AND (separation_deg("stars"."ra", "stars"."dec", 10.0e0,
20.0e0) <= 1.0e0 + 2.0e0);

SELECT source_id FROM stars WHERE CONTAINS(POINT(10, 20), CIRCLE(ra, dec, mag)) = 1;
SELECT "stars"."source_id" FROM "catalogs"."stars" AS "stars" WHERE (separation_deg(10.0e0, 20.0e0,
"stars"."ra", "stars"."dec") <= (CASE WHEN ("stars"."mag")::DOUBLE BETWEEN 0 AND 180 THEN
("stars"."mag")::DOUBLE END));

SELECT source_id FROM stars WHERE CONTAINS(POINT(ra + 1, dec), CIRCLE(10, 20, 1)) = 1;
SELECT "stars"."source_id" FROM "catalogs"."stars" AS "stars" WHERE ("stars"."dec" BETWEEN
18.999999999899998e0 AND 21.000000000100002e0) AND (separation_deg((CASE WHEN isfinite(("stars"."ra" + 1))
THEN ("stars"."ra" + 1) END), "stars"."dec", 10.0e0, 20.0e0) <= 1.0e0);

SELECT POINT(ra, dec) AS p, CIRCLE(ra, dec, 1) AS c, BOX(ra, dec, 1, 2) AS b, POLYGON(ra, dec, 1, 2, 3, 5) AS y FROM stars;
SELECT (CASE WHEN "stars"."ra" IS NOT NULL AND "stars"."dec" IS NOT NULL THEN ["stars"."ra", "stars"."dec"]
END) AS "p", (CASE WHEN "stars"."ra" IS NOT NULL AND "stars"."dec" IS NOT NULL THEN ["stars"."ra",
"stars"."dec", 1.0e0] END) AS "c", box_polygon("stars"."ra", "stars"."dec", 1.0e0, 2.0e0) AS "b", (CASE WHEN
"stars"."ra" IS NOT NULL AND "stars"."dec" IS NOT NULL THEN ["stars"."ra", "stars"."dec", 1.0e0, 2.0e0, 3.0e0,
5.0e0] END) AS "y" FROM "catalogs"."stars" AS "stars";

SELECT POINT(1, 2) AS p, CIRCLE('ICRS', 1, 2, 3) AS c, POLYGON(0, 0, 1, 0, 0, 1) AS y FROM stars;
SELECT ([1.0e0, 2.0e0]) AS "p", ([1.0e0, 2.0e0, 3.0e0]) AS "c", ([0.0e0, 0.0e0, 1.0e0, 0.0e0, 0.0e0, 1.0e0])
AS "y" FROM "catalogs"."stars" AS "stars";

SELECT POINT(mag, parallax) AS p FROM stars;
SELECT (CASE WHEN (CASE WHEN isfinite(("stars"."mag")::DOUBLE) THEN ("stars"."mag")::DOUBLE END) IS NOT NULL
AND (CASE WHEN abs("stars"."parallax") <= 90 THEN "stars"."parallax" END) IS NOT NULL THEN [(CASE WHEN
isfinite(("stars"."mag")::DOUBLE) THEN ("stars"."mag")::DOUBLE END), (CASE WHEN abs("stars"."parallax") <= 90
THEN "stars"."parallax" END)] END) AS "p" FROM "catalogs"."stars" AS "stars";

SELECT DISTANCE(ra, dec, 10, -20) AS d, AREA(CIRCLE(ra, dec, 1)) AS a, CENTROID(CIRCLE(ra, dec, 1)) AS c FROM stars;
SELECT separation_deg("stars"."ra", "stars"."dec", 10.0e0, (-20.0e0)) AS "d", (CASE WHEN "stars"."ra" IS NOT
NULL AND "stars"."dec" IS NOT NULL THEN circle_area_deg2(1.0e0) END) AS "a", (CASE WHEN "stars"."ra" IS NOT
NULL AND "stars"."dec" IS NOT NULL THEN ["stars"."ra", "stars"."dec"] END) AS "c" FROM "catalogs"."stars" AS
"stars";

SELECT COORD1(POINT(ra, dec)) AS x, COORD2(POINT(1, 2)) AS y, COORDSYS(POINT(ra, dec)) AS s FROM stars;
SELECT ((CASE WHEN "stars"."ra" IS NOT NULL AND "stars"."dec" IS NOT NULL THEN ["stars"."ra", "stars"."dec"]
END))[1] AS "x", 2.0e0 AS "y", (CASE WHEN (CASE WHEN "stars"."ra" IS NOT NULL AND "stars"."dec" IS NOT NULL
THEN ["stars"."ra", "stars"."dec"] END) IS NOT NULL THEN 'ICRS' END) AS "s" FROM "catalogs"."stars" AS "stars";

SELECT CONTAINS(CIRCLE(ra, dec, 1), CIRCLE(1, 2, 3)) AS x, INTERSECTS(POINT(ra, dec), POINT(1, 2)) AS y FROM stars;
SELECT CAST((least(separation_deg("stars"."ra", "stars"."dec", 1.0e0, 2.0e0) + 1.0e0, 180e0 + 0 * 1.0e0) <=
3.0e0) AS INTEGER) AS "x", CAST((separation_deg("stars"."ra", "stars"."dec", 1.0e0, 2.0e0) <= 6e-13) AS
INTEGER) AS "y" FROM "catalogs"."stars" AS "stars";

SELECT INTERSECTS(BOX(ra, dec, 1, 1), BOX(dec, ra, 1, 1)) AS x FROM stars;
SELECT CAST((outlines_meet(outline(box_polygon("stars"."ra", "stars"."dec", 1.0e0, 1.0e0)),
outline(box_polygon((CASE WHEN isfinite("stars"."dec") THEN "stars"."dec" END), (CASE WHEN abs("stars"."ra")
<= 90 THEN "stars"."ra" END), 1.0e0, 1.0e0)))) AS INTEGER) AS "x" FROM "catalogs"."stars" AS "stars";

SELECT CONTAINS(POINT(1, 2), POLYGON(ra, dec, 1, 2, 3, 5)) AS x FROM stars;
SELECT CAST((list_transform([outline((CASE WHEN "stars"."ra" IS NOT NULL AND "stars"."dec" IS NOT NULL THEN
["stars"."ra", "stars"."dec", 1.0e0, 2.0e0, 3.0e0, 5.0e0] END))], lambda _o: in_outline(1.0e0, 2.0e0, _o))[1])
AS INTEGER) AS "x" FROM "catalogs"."stars" AS "stars";

SELECT CONTAINS(NULL, CIRCLE(1, 2, 3)) AS x FROM stars;
SELECT CAST((NULL::BOOLEAN) AS INTEGER) AS "x" FROM "catalogs"."stars" AS "stars";

SELECT a.source_id FROM stars AS a JOIN stars AS b ON DISTANCE(a.ra, a.dec, b.ra, b.dec) < 1./3600;
SELECT "a"."source_id" FROM (WITH _near AS (FROM "catalogs"."stars") SELECT * RENAME (_cell AS _cell1) FROM
with_cells('_near', 12, 5726623061, 5525525, 5721097537, 11453246122, 11051050, 11442195074)) AS "a" INNER
JOIN "catalogs"."stars" AS "b" ON ("a"."_cell1" = ("b"."hpx29" >> 34)) AND (separation_deg("a"."ra",
"a"."dec", "b"."ra", "b"."dec") < (1.0e0 / 3600));

SELECT a.source_id FROM stars AS a LEFT JOIN stars AS b ON 1 = CONTAINS(POINT(b.ra, b.dec), CIRCLE(a.ra, a.dec, 0.1));
SELECT "a"."source_id" FROM "catalogs"."stars" AS "a" LEFT JOIN (WITH _near AS (FROM "catalogs"."stars")
SELECT * RENAME (_cell AS _cell1) FROM with_cells('_near', 7, 5864062014805, 1169574335813, 4694487678993,
11728124029610, 2339148671626, 9388975357986)) AS "b" ON ("b"."_cell1" = ("a"."hpx29" >> 44)) AND
(separation_deg("b"."ra", "b"."dec", "a"."ra", "a"."dec") <= 0.1e0);

SELECT a.source_id FROM stars AS a, (SELECT ra + 1 AS x, dec AS y FROM stars) AS b WHERE DISTANCE(a.ra, a.dec, b.x, b.y) < 0.1;
SELECT "a"."source_id" FROM "catalogs"."stars" AS "a" CROSS JOIN (WITH _point AS (SELECT _row29 AS _row,
_row29._lon29::DOUBLE AS ra, _row29._lat29::DOUBLE AS dec FROM (SELECT *, (CASE WHEN isfinite("b"."x") THEN
"b"."x" END) AS _lon29, (CASE WHEN abs("b"."y") <= 90 THEN "b"."y" END) AS _lat29 FROM (SELECT ("stars"."ra" +
1) AS "x", "stars"."dec" AS "y" FROM "catalogs"."stars" AS "stars") AS "b") AS _row29), _near AS (SELECT _row,
hpx29 FROM with_hpx29('_point')) SELECT _row.*, _cell AS _cell1 FROM with_cells('_near', 7, 5864062014805,
1169574335813, 4694487678993, 11728124029610, 2339148671626, 9388975357986)) AS "b" WHERE ("b"."_cell1" =
("a"."hpx29" >> 44)) AND (separation_deg("a"."ra", "a"."dec", (CASE WHEN isfinite("b"."x") THEN "b"."x" END),
(CASE WHEN abs("b"."y") <= 90 THEN "b"."y" END)) < 0.1e0);

SELECT a.source_id FROM stars AS a FULL JOIN stars AS b ON DISTANCE(a.ra, a.dec, b.ra, b.dec) < 1;
SELECT "a"."source_id" FROM "catalogs"."stars" AS "a" FULL JOIN "catalogs"."stars" AS "b" ON
(separation_deg("a"."ra", "a"."dec", "b"."ra", "b"."dec") < 1);
