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
