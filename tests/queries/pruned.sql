-- unread columns of a subquery
SELECT n FROM (SELECT image_name AS n, job_type, release_notes FROM aws.sagemaker_image_version) x;
-- counted rows of a subquery
SELECT count(*) FROM (SELECT * FROM aws.sagemaker_image_version) x;
-- stars through common tables
WITH a AS (SELECT * FROM aws.sagemaker_image_version), b AS (SELECT * FROM a), c AS (SELECT b.* FROM b) SELECT c.image_version_arn, c.version FROM c WHERE c.version > 1;
-- an unread query in a select list
SELECT n FROM (SELECT i.image_name AS n, (SELECT count(*) FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.job_type = 'TRAINING') AS c FROM aws.sagemaker_image i) x;
-- a read query in a select list
SELECT n FROM (SELECT i.image_name AS n, (SELECT count(*) FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.job_type = 'TRAINING') AS c FROM aws.sagemaker_image i) x WHERE c > 0;
-- sorted and cut by an unread column
SELECT n FROM (SELECT image_name AS n, job_type AS j, image_version_arn AS a FROM aws.sagemaker_image_version ORDER BY j, a LIMIT 7) x;
-- sorted and cut by the place of an unread column
SELECT n FROM (SELECT image_name AS n, job_type AS j, image_version_arn AS a FROM aws.sagemaker_image_version ORDER BY 2, 3 DESC LIMIT 7) x;
-- grouped by an unread column
SELECT c FROM (SELECT job_type, count(*) AS c FROM aws.sagemaker_image_version GROUP BY job_type) x;
-- grouped by the place of an unread column
SELECT c FROM (SELECT job_type, count(*) AS c FROM aws.sagemaker_image_version GROUP BY 1) x;
-- grouped by the alias of an unread column
SELECT c FROM (SELECT lower(job_type) AS j, count(*) AS c FROM aws.sagemaker_image_version GROUP BY j) x;
-- grouped by all, an unread column among them
SELECT c FROM (SELECT job_type, count(*) AS c FROM aws.sagemaker_image_version GROUP BY ALL) x;
-- unread aggregates and windows
SELECT n FROM (SELECT max(image_name) AS n, count(DISTINCT job_type), string_agg(release_notes, ',') FROM aws.sagemaker_image_version) x;
-- an unread window
SELECT n FROM (SELECT image_name AS n, rank() OVER (PARTITION BY job_type ORDER BY version) AS r FROM aws.sagemaker_image_version) x;
-- DISTINCT over an unread column
SELECT n FROM (SELECT DISTINCT image_name AS n, job_type FROM aws.sagemaker_image_version) x;
-- DISTINCT ON beside an unread column
SELECT n FROM (SELECT DISTINCT ON (v.image_name) v.image_name AS n, v.job_type, v.version FROM aws.sagemaker_image_version v ORDER BY v.image_name, v.version, v.image_version_arn) x;
-- UNION ALL by its read column
SELECT n FROM (SELECT image_name AS n, job_type AS j FROM aws.sagemaker_image_version UNION ALL SELECT image_name, image_arn FROM aws.sagemaker_image) x;
-- UNION by its read column
SELECT n FROM (SELECT image_name AS n, job_type AS j FROM aws.sagemaker_image_version UNION SELECT image_name, image_arn FROM aws.sagemaker_image) x;
-- EXCEPT by its read column
SELECT n FROM (SELECT image_name AS n, job_type AS j FROM aws.sagemaker_image_version EXCEPT SELECT image_name, 'TRAINING' FROM aws.sagemaker_image) x;
-- a star in one branch of UNION ALL
SELECT x.n FROM (SELECT image_name AS n, job_type AS j FROM aws.sagemaker_image_version UNION ALL SELECT * FROM (SELECT region, image_name FROM aws.sagemaker_image) y) x;
-- an unread set-returning function
SELECT n FROM (SELECT image_name AS n, jsonb_object_keys(jsonb_build_object('a', job_type, 'b', version)) FROM aws.sagemaker_image_version) x;
-- unread elements of an array
SELECT n FROM (SELECT image_name AS n, unnest(ARRAY[job_type, 'x']) FROM aws.sagemaker_image_version) x;
-- a whole row of a subquery
SELECT row_to_json(x) FROM (SELECT image_name AS n, job_type FROM aws.sagemaker_image_version WHERE version = 1) x;
-- columns renamed after the alias
SELECT x.b FROM (SELECT image_name, job_type, version FROM aws.sagemaker_image_version) x(a, b);
-- columns renamed in a common table
WITH x(a, b) AS (SELECT image_name, job_type FROM aws.sagemaker_image_version) SELECT b FROM x;
-- read through USING alone
SELECT count(*) FROM (SELECT image_name, job_type FROM aws.sagemaker_image_version) x JOIN (SELECT image_name, display_name FROM aws.sagemaker_image) y USING (image_name);
-- read in an outer query's subquery alone
SELECT count(*) FROM (SELECT image_name, job_type AS j FROM aws.sagemaker_image_version) x WHERE EXISTS (SELECT 1 FROM aws.sagemaker_image i WHERE i.image_name = x.image_name AND x.j = 'TRAINING');
-- read by a neighbour that is LATERAL
SELECT y.k FROM (SELECT image_name, job_type AS j FROM aws.sagemaker_image_version) x, LATERAL (SELECT x.j AS k, x.image_name AS l) y;
-- unread columns of a query that is LATERAL
SELECT i.image_name, l.version FROM aws.sagemaker_image i, LATERAL (SELECT v.version, v.job_type FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn) l;
-- unread columns of a query that is LATERAL and renamed, joined to the left
SELECT i.image_name, l.a FROM aws.sagemaker_image i LEFT JOIN LATERAL (SELECT v.version, v.job_type FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.version > 1) l(a, b) ON true;
-- all of a query that is LATERAL
SELECT l.* FROM aws.sagemaker_image i, LATERAL (SELECT v.version, v.job_type FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn) l;
-- a common table read twice
WITH x AS (SELECT image_name, job_type, version FROM aws.sagemaker_image_version) SELECT a.image_name, b.version FROM x a JOIN x b ON a.image_name = b.image_name AND a.version = b.version;
-- a recursive common table with a column that its readers leave
WITH RECURSIVE x AS (SELECT image_name, version, job_type FROM aws.sagemaker_image_version WHERE version = 1 UNION ALL SELECT x.image_name, x.version + 1, x.job_type FROM x WHERE x.version < 3 AND x.job_type IS NOT NULL) SELECT image_name, version FROM x;
-- EXISTS with a select list of its own
SELECT image_name FROM aws.sagemaker_image i WHERE EXISTS (SELECT v.job_type, v.* FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn);
-- two queries of one alias
SELECT x.n FROM (SELECT image_name AS n, job_type AS j FROM aws.sagemaker_image_version) x WHERE x.n IN (SELECT x.n FROM (SELECT image_name AS n, job_type AS j FROM aws.sagemaker_image_version) x WHERE x.j IS NOT NULL);
-- tags that nobody reads
SELECT n FROM (SELECT image_name AS n, tags, tags->'team' AS team FROM aws.sagemaker_image) x;
-- counted by the table's name
SELECT count(v), count(v) FILTER (WHERE v.version > 1) FROM aws.sagemaker_image_version v;
-- counted by the name of a subquery
SELECT x.n, count(x) FROM (SELECT image_name AS n, job_type FROM aws.sagemaker_image_version) x GROUP BY x.n;
-- counted by the name of what an outer join may leave out
SELECT i.image_name, count(v) FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND v.version > 2 GROUP BY i.image_name;
