true AND false, true OR NULL, false AND NULL, NOT NULL::bool, NOT true, true AND NULL
1 = 1.0, 1 = 1::float8, 1 <> 2, 1 < 2.5, 3 >= 3, NULL = NULL, 1 = NULL
1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL, 1 IS DISTINCT FROM 1
NULL IS NULL, 1 IS NOT NULL, NULL ISNULL, 1 NOTNULL
true IS TRUE, NULL::bool IS TRUE, false IS NOT TRUE, NULL::bool IS UNKNOWN, true IS NOT UNKNOWN, NULL::bool IS NOT FALSE
1 IS TRUE
public IS TRUE, public IS NOT FALSE, public IS NULL, NOT public FROM image ORDER BY id
5 BETWEEN 1 AND 10, 5 NOT BETWEEN 1 AND 3, 5 BETWEEN 10 AND 1, 5 BETWEEN SYMMETRIC 10 AND 1, NULL BETWEEN 1 AND 2
(1, 2) = (1, 2), (1, 2) < (1, 3), (1, NULL) = (1, NULL), (1, NULL) = (2, NULL), (1, 2) <> (1, 3), (2, 1) > (1, 5), (1, 2) <= (1, 2)
(1, 2) IN ((1, 2), (3, 4)), (1, 2) NOT IN ((3, 4)), ROW(1, 2) = ROW(1, 2), (1, NULL) IN ((1, 2))
(1, 2) IS NULL, (NULL, NULL) IS NULL, (1, NULL) IS NOT NULL
CASE WHEN true THEN 1 ELSE 2 END, CASE WHEN NULL THEN 1 END, CASE 1 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END, CASE 'x' WHEN NULL THEN 1 ELSE 2 END, CASE WHEN 1 = 1 THEN 1 ELSE 2.5 END
CASE WHEN id > 2 THEN 'big' WHEN id = 2 THEN 'two' ELSE NULL END FROM image ORDER BY id
CASE WHEN true THEN 1 ELSE 'x' END
CASE WHEN true THEN 1 ELSE '2' END
CASE WHEN 1 THEN 2 END
CASE id WHEN 1 THEN 1.5 ELSE id END FROM image ORDER BY id
CASE WHEN false THEN 1 / 0 ELSE 5 END
1 = 'x'
'1' = 1, 'a' = 'a', '2024-01-31' = date '2024-01-31'
name = 5 FROM image
name = id FROM image
id = '1' FROM image ORDER BY id
public = 'true', public = 'f' FROM image ORDER BY id
public = 1 FROM image
public AND id FROM image
NOT id FROM image
id AND true FROM image
true > false, true = 't', false < 'yes'
1 < 2 AND 2 < 3 OR false AND NULL
NOT 1 = 2, NOT (1 = 2), NOT 1 IN (2), NOT NULL IS NULL
-1 = -1, - - 1, 1 - -1
size = 'NaN', size > 1000 FROM image ORDER BY id
'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 1e300, 'Infinity'::float8 > 1e300
id IN (1, 2), id NOT IN (1, 2), owner IN ('ana', NULL), owner NOT IN ('ana', NULL) FROM image ORDER BY id
name IN (1, 2) FROM image
EXISTS (SELECT 1 FROM image WHERE id = 9), EXISTS (SELECT 1), NOT EXISTS (SELECT 1 WHERE false)
(SELECT max(id) FROM image), (SELECT name FROM image WHERE id = 99)
(SELECT id FROM image)
(SELECT 1, 2)
1 IN (SELECT id FROM image), 99 NOT IN (SELECT image_id FROM version), 'a' IN (SELECT owner FROM image)
5 > ALL (SELECT number FROM version), 1 = ANY (SELECT number FROM version), 1 < SOME (SELECT number FROM version)
coalesce(NULL::int, 5) + 1, coalesce('5', 3)
current_setting('dd.time_frame_start')
bool_or(k = 'a' AND v::bool), bool_and(k = 'a' OR v::bool), bool_or(k <> 'a' AND v = 'bucket' AND v::int > 1) FROM (VALUES ('a', 'true'), ('b', 'false'), ('a', 'bucket2')) t(k, v) WHERE v <> 'bucket2'
k, k = 'a' AND v::int > 1 AND v::int < 9, k = 'b' OR v::int > 3, NOT (k = 'a' AND v::int > 3) FROM (VALUES ('a', '5'), ('b', 'bucket')) t(k, v)
k, (k = 'a' AND v::int > 3) IS TRUE, (k = 'a' AND v::int > 3) = true, coalesce(k = 'a' AND v::numeric > 3, true) FROM (VALUES ('a', '5'), ('b', 'bucket'), ('a', NULL), ('b', NULL)) t(k, v)
(k = 'a' AND v::int > 3) AS x FROM (VALUES (NULL, '5'), (NULL, '1'), ('a', '5')) t(k, v)
(k = 'a' OR v::int > 3) AS x, ((k = 'a' OR v::int > 3) AND n <> 0 AND 10 / n > 1) AS y FROM (VALUES (NULL, '5', 0), (NULL, '1', 1), ('a', 'no', 2), ('a', 'no', 0)) t(k, v, n)
count(*) FILTER (WHERE k = 'a' AND v::int > 2), sum(v::int) FILTER (WHERE k = 'a'), array_agg(v::int ORDER BY v::int DESC) FILTER (WHERE k = 'a'), count(DISTINCT v::int) FILTER (WHERE k = 'a') FROM (VALUES ('a', '5'), ('a', '7'), ('b', 'bucket')) t(k, v)
k FROM (VALUES ('a', '5'), ('b', 'bucket')) t(k, v) WHERE NOT (k = 'a' AND v::int > 3)
k FROM (VALUES ('a', '5'), ('b', 'bucket')) t(k, v) WHERE (k = 'a' AND v::int > 3) IS TRUE OR (k = 'b' AND (v = 'x' OR length(v) > 3))
jsonb_typeof(d) = 'array' AND jsonb_array_length(d) > 1 FROM (VALUES ('[1, 2]'::jsonb), ('{}'), ('3'), (NULL)) t(d)
k = 'a' AND v::int > 3 FROM (VALUES ('a', 'no'), ('b', 'bucket')) t(k, v)
