-- every image version, all columns
SELECT * FROM aws.sagemaker_image_version;
-- list columns only
SELECT version, image_version_status, creation_time FROM aws.sagemaker_image_version;
-- the number of rows
SELECT count(*) FROM aws.sagemaker_image_version;
-- one region by column
SELECT image_version_arn FROM aws.sagemaker_image_version WHERE region = 'us-west-2';
-- one region as a tag
SELECT image_version_arn FROM aws.sagemaker_image_version WHERE tags->'region' = 'us-west-2';
-- two regions
SELECT region, count(*) FROM aws.sagemaker_image_version WHERE region IN ('us-west-2', 'eu-west-1') GROUP BY region ORDER BY region;
-- regions by OR
SELECT DISTINCT region FROM aws.sagemaker_image WHERE region = 'us-west-2' OR region = 'us-east-1' ORDER BY 1;
-- one account
SELECT image_arn FROM aws.sagemaker_image WHERE account_id = '222222222222';
-- an account that is not in scope
SELECT image_arn FROM aws.sagemaker_image WHERE account_id = '999999999999';
-- a contradiction
SELECT image_arn FROM aws.sagemaker_image WHERE region = 'us-west-2' AND region = 'eu-west-1';
-- constraints that intersect
SELECT image_arn FROM aws.sagemaker_image WHERE region IN ('us-west-2', 'eu-west-1') AND region IN ('us-east-1', 'eu-west-1');
-- a filter on a list column
SELECT image_name, version FROM aws.sagemaker_image_version WHERE version = 3;
-- a filter on a detail column
SELECT image_name, version FROM aws.sagemaker_image_version WHERE processor = 'GPU';
-- filters on both
SELECT image_name, version FROM aws.sagemaker_image_version WHERE version > 2 AND job_type = 'TRAINING';
-- a filter that keeps NULL
SELECT image_name, version FROM aws.sagemaker_image_version WHERE vendor_guidance IS NULL;
-- a negated filter
SELECT image_name, version FROM aws.sagemaker_image_version WHERE NOT (version = 3);
-- different from
SELECT image_name, version FROM aws.sagemaker_image_version WHERE version <> 3 AND image_name <> 'notebook-kernel';
-- a range
SELECT image_name, version FROM aws.sagemaker_image_version WHERE version BETWEEN 2 AND 4;
-- a timestamp range
SELECT image_name, version FROM aws.sagemaker_image_version WHERE creation_time >= TIMESTAMP '2025-03-01';
-- a pattern on a parent's key
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name LIKE '%training';
-- a case-insensitive pattern
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name ILIKE 'XGBOOST%';
-- a key by constant
SELECT image_name, version, base_image FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference';
-- two keys by constant
SELECT image_name, version, base_image FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference' AND version = 2;
-- a key by IN
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name IN ('xgboost-inference', 'no-such-image');
-- a key by OR
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference' OR image_name = 'tensorflow-training';
-- an OR over two columns is no key
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference' OR version = 1;
-- a key that is not there
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name = 'no-such-image';
-- a version that is not there
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference' AND version = 99999;
-- an ARN
SELECT version, base_image FROM aws.sagemaker_image_version WHERE image_version_arn = 'arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2';
-- two ARNs of two accounts
SELECT account_id, version FROM aws.sagemaker_image_version WHERE image_version_arn IN ('arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2', 'arn:aws:sagemaker:us-east-1:222222222222:image-version/xgboost-inference/1');
-- the key column itself
SELECT version FROM aws.sagemaker_image_version WHERE _key = 'arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2';
-- an ARN that is none
SELECT version FROM aws.sagemaker_image_version WHERE image_version_arn = 'not-an-arn';
-- a boolean column
SELECT image_name, version FROM aws.sagemaker_image_version WHERE horovod;
-- a boolean comparison
SELECT image_name, version FROM aws.sagemaker_image_version WHERE horovod = false;
-- tags
SELECT image_name, tags->'team' FROM aws.sagemaker_image;
-- a filter on a tag
SELECT image_name FROM aws.sagemaker_image WHERE tags->'env' = 'prod';
-- an aggregate
SELECT processor, count(*), max(version) FROM aws.sagemaker_image_version GROUP BY processor ORDER BY processor;
-- having
SELECT image_name, count(*) AS n FROM aws.sagemaker_image_version GROUP BY image_name HAVING count(*) > 3 ORDER BY n DESC, image_name;
-- a window
SELECT image_name, region, account_id, version, row_number() OVER (PARTITION BY image_arn ORDER BY version DESC) AS rank FROM aws.sagemaker_image_version;
-- the newest of each image
SELECT DISTINCT ON (image_arn) image_arn, version FROM aws.sagemaker_image_version ORDER BY image_arn, version DESC;
-- order and limit
SELECT image_version_arn FROM aws.sagemaker_image_version ORDER BY image_version_arn LIMIT 5;
-- an inner join on the ARN
SELECT i.image_name, v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn;
-- an inner join on a key
SELECT i.image_arn, v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name AND v.region = i.region AND v.account_id = i.account_id;
-- a join with a constant on one side
SELECT v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name WHERE i.image_name = 'xgboost-inference';
-- a join with a filter on the other side
SELECT i.image_name, v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v USING (image_name) WHERE v.version = 1;
-- a join in the WHERE clause
SELECT i.image_name, v.version FROM aws.sagemaker_image i, aws.sagemaker_image_version v WHERE i.image_arn = v.image_arn AND v.version < 3;
-- a left join
SELECT i.image_name, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND v.processor = 'GPU';
-- a left join with a filter on the nullable side
SELECT i.image_name, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn WHERE v.version = 2;
-- an anti-join
SELECT i.image_name FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND v.version = 12 WHERE v.version IS NULL;
-- an anti-join on a key
SELECT i.image_arn FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name AND v.horovod WHERE v.image_arn IS NULL;
-- a left join with coalesce on the nullable side
SELECT i.image_name FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND v.version = 7 WHERE coalesce(v.version, 0) = 0;
-- a right join
SELECT i.image_name, v.version FROM aws.sagemaker_image i RIGHT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND i.image_name = 'xgboost-inference';
-- a full join
SELECT i.image_name, v.version FROM aws.sagemaker_image i FULL JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND v.version = 1;
-- exists
SELECT i.image_name FROM aws.sagemaker_image i WHERE EXISTS (SELECT 1 FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.version > 5);
-- not exists
SELECT i.image_name FROM aws.sagemaker_image i WHERE NOT EXISTS (SELECT 1 FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.image_version_status = 'CREATE_FAILED');
-- exists on a key
SELECT i.image_arn FROM aws.sagemaker_image i WHERE EXISTS (SELECT 1 FROM aws.sagemaker_image_version v WHERE v.image_name = i.image_name AND v.region = i.region AND v.version = 4);
-- a correlated scalar subquery
SELECT i.image_arn, (SELECT max(v.version) FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn) AS newest FROM aws.sagemaker_image i;
-- in a subquery
SELECT image_arn, version FROM aws.sagemaker_image_version WHERE image_name IN (SELECT image_name FROM aws.sagemaker_image WHERE image_name LIKE 'x%');
-- not in a subquery
SELECT image_arn, version FROM aws.sagemaker_image_version WHERE image_name NOT IN (SELECT image_name FROM aws.sagemaker_image WHERE image_name LIKE 'x%');
-- in a list of values
SELECT image_arn, version FROM aws.sagemaker_image_version WHERE image_name IN (SELECT n FROM (VALUES ('xgboost-inference'), ('nothing')) AS t(n));
-- a join with values
SELECT t.why, v.version FROM (VALUES ('xgboost-inference', 'fast')) AS t(n, why) JOIN aws.sagemaker_image_version v ON v.image_name = t.n;
-- a subquery in FROM
SELECT n, version FROM (SELECT image_name AS n, version FROM aws.sagemaker_image_version) s WHERE s.n = 'xgboost-inference';
-- a limited subquery keeps its rows
SELECT count(*) FROM (SELECT version FROM aws.sagemaker_image_version LIMIT 10) s;
-- an aggregated subquery
SELECT n, c FROM (SELECT image_name AS n, count(*) AS c FROM aws.sagemaker_image_version GROUP BY image_name) s WHERE n = 'xgboost-inference';
-- a filter on an aggregate's result
SELECT n, c FROM (SELECT image_name AS n, count(*) AS c FROM aws.sagemaker_image_version GROUP BY image_name) s WHERE c > 12 ORDER BY n;
-- a filter over a window
SELECT image_arn, version FROM (SELECT image_arn, version, row_number() OVER (PARTITION BY image_arn ORDER BY version) AS r FROM aws.sagemaker_image_version) s WHERE r = 2;
-- a filter on the partition of a window
SELECT image_arn, version, r FROM (SELECT image_arn, image_name, version, row_number() OVER (PARTITION BY image_arn ORDER BY version) AS r FROM aws.sagemaker_image_version) s WHERE image_name = 'xgboost-inference';
-- a CTE used once
WITH gpu AS (SELECT image_arn, version FROM aws.sagemaker_image_version WHERE processor = 'GPU') SELECT count(*) FROM gpu WHERE version > 1;
-- a CTE used twice
WITH v AS (SELECT image_arn, version FROM aws.sagemaker_image_version) SELECT a.image_arn, a.version FROM v a JOIN v b ON a.image_arn = b.image_arn AND a.version = b.version + 1 WHERE a.version = 3;
-- a CTE joined with its own table
WITH newest AS (SELECT image_arn, max(version) AS version FROM aws.sagemaker_image_version GROUP BY image_arn) SELECT v.image_arn, v.base_image FROM newest n JOIN aws.sagemaker_image_version v ON v.image_arn = n.image_arn AND v.version = n.version;
-- a CTE over another
WITH a AS (SELECT region, image_name FROM aws.sagemaker_image), b AS (SELECT image_name FROM a WHERE region = 'eu-west-1') SELECT * FROM b;
-- a CTE that provides keys
WITH wanted AS (SELECT image_name FROM aws.sagemaker_image WHERE image_name LIKE 'tensor%') SELECT v.image_arn, v.version FROM aws.sagemaker_image_version v JOIN wanted w ON w.image_name = v.image_name;
-- a recursive CTE beside a table
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT n.i, v.image_arn FROM n JOIN aws.sagemaker_image_version v ON v.version = n.i;
-- union
SELECT image_arn AS arn FROM aws.sagemaker_image UNION SELECT image_version_arn FROM aws.sagemaker_image_version;
-- union all with a filter outside
SELECT arn FROM (SELECT image_arn AS arn, region FROM aws.sagemaker_image UNION ALL SELECT image_version_arn, region FROM aws.sagemaker_image_version) u WHERE region = 'eu-west-1';
-- except
SELECT image_name FROM aws.sagemaker_image EXCEPT SELECT image_name FROM aws.sagemaker_image_version WHERE version = 12;
-- intersect
SELECT image_name FROM aws.sagemaker_image INTERSECT SELECT image_name FROM aws.sagemaker_image_version WHERE version = 12;
-- a lateral subquery
SELECT i.image_arn, v.version FROM aws.sagemaker_image i, LATERAL (SELECT version FROM aws.sagemaker_image_version x WHERE x.image_arn = i.image_arn ORDER BY version DESC LIMIT 1) v;
-- the same table three times
SELECT count(*) FROM aws.sagemaker_image a, aws.sagemaker_image b, aws.sagemaker_image c WHERE a.image_arn = b.image_arn AND b.image_arn = c.image_arn;
-- case
SELECT image_name, CASE WHEN version > 3 THEN 'new' ELSE 'old' END AS age, count(*) FROM aws.sagemaker_image_version GROUP BY 1, 2 ORDER BY 1, 2;
-- hidden columns by name
SELECT region, account_id, image_name, version FROM aws.sagemaker_image_version WHERE version = 1;
-- a star with a hidden column
SELECT v.*, v.region FROM aws.sagemaker_image_version v WHERE v.version = 1;
-- filter aggregates
SELECT count(*) FILTER (WHERE processor = 'GPU') AS gpu, count(*) FILTER (WHERE processor = 'CPU') AS cpu FROM aws.sagemaker_image_version;
-- a subquery in the select list
SELECT (SELECT count(*) FROM aws.sagemaker_image) AS images, (SELECT count(*) FROM aws.sagemaker_image_version) AS versions;
-- no table at all
SELECT 1 + 1 AS two;
-- values alone
VALUES (1, 'a'), (2, 'b');
-- an aggregate that the parser does not know, under a limit
SELECT jsonb_agg(version ORDER BY version) FROM aws.sagemaker_image_version LIMIT 1;
-- a filter over an aggregate that the parser does not know
SELECT j FROM (SELECT image_name, jsonb_agg(version ORDER BY image_version_arn) AS j FROM aws.sagemaker_image_version GROUP BY image_name) s WHERE image_name = 'xgboost-inference';
-- a set-returning function under a limit
SELECT generate_series(1, version) AS n FROM aws.sagemaker_image_version WHERE version = 3 LIMIT 40;
