-- images, versions and roles
SELECT i.image_name, v.version, r.description FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn JOIN aws.iam_role r ON r.arn = i.role_arn WHERE v.version = 1;
-- four tables, one filter
SELECT i.image_name, v.version, d.container_image, r.role_name FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn JOIN aws.sagemaker.image_version d ON d.image_version_arn = v.image_version_arn JOIN aws.iam_role r ON r.arn = i.role_arn WHERE i.image_name = 'xgboost-inference' AND i.region = 'us-east-1' AND v.version <= 2;
-- five tables
SELECT i.image_name, count(*) AS n FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn JOIN aws.iam_role r ON r.arn = i.role_arn JOIN aws.lambda_function f ON f.role = r.arn AND f.region = i.region JOIN aws.iam_user u ON u.account_id = i.account_id WHERE i.region = 'us-east-1' GROUP BY 1 ORDER BY 1;
-- a chain of left joins
SELECT i.image_name, v.version, b.version AS before FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND v.version = 2 LEFT JOIN aws.sagemaker_image_version b ON b.image_arn = v.image_arn AND b.version = v.version - 1;
-- a left join under an inner join
SELECT i.image_name, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND v.job_type = 'TRAINING' JOIN aws.iam_role r ON r.arn = i.role_arn WHERE r.role_name = 'ml-execution';
-- a full join of two filtered tables
SELECT a.image_name, b.image_name FROM (SELECT image_name FROM aws.sagemaker_image WHERE region = 'us-east-1') a FULL JOIN (SELECT image_name FROM aws.sagemaker_image WHERE region = 'eu-west-1') b ON a.image_name = b.image_name;
-- a cross join with a filter across
SELECT a.image_name, b.image_name FROM aws.sagemaker_image a CROSS JOIN aws.sagemaker_image b WHERE a.region = 'us-east-1' AND b.region = 'eu-west-1' AND a.image_name < b.image_name;
-- an OR across two tables
SELECT i.image_name, v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn WHERE i.image_name = 'notebook-kernel' OR v.version = 4;
-- an OR within one table under an outer join
SELECT i.image_name, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn WHERE v.version = 1 OR v.version IS NULL;
-- a condition on the preserved side in ON
SELECT i.image_name, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND i.image_name = 'xgboost-inference' AND v.version = 1;
-- a right join with a filter on the nullable side
SELECT i.image_name, v.version FROM aws.sagemaker_image i RIGHT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND i.region = 'us-east-1' WHERE i.image_name IS NULL AND v.version = 1;
-- an anti-join by NOT IN with a filter
SELECT image_name, region FROM aws.sagemaker_image WHERE image_arn NOT IN (SELECT image_arn FROM aws.sagemaker_image_version WHERE version = 5);
-- a semi-join on two columns
SELECT v.image_name, v.version FROM aws.sagemaker_image_version v WHERE (v.image_name, v.region) IN (SELECT image_name, region FROM aws.sagemaker_image WHERE region = 'us-west-2');
-- equality with ANY of a subquery
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name = ANY (SELECT image_name FROM aws.sagemaker_image WHERE image_name LIKE '%training');
-- equality with ANY of an array
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name = ANY (ARRAY['xgboost-inference', 'nothing']) AND version = 1;
-- a scalar subquery as a key
SELECT image_name, version FROM aws.sagemaker_image_version WHERE image_name = (SELECT min(image_name) FROM aws.sagemaker_image);
-- a correlated EXISTS inside a CASE
SELECT i.image_name, CASE WHEN EXISTS (SELECT 1 FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.processor = 'GPU') THEN 'gpu' ELSE 'cpu' END AS kind FROM aws.sagemaker_image i WHERE i.region = 'us-east-1';
-- a correlated count in WHERE
SELECT i.image_arn FROM aws.sagemaker_image i WHERE (SELECT count(*) FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn) > 3;
-- LATERAL with an aggregate
SELECT i.image_name, s.n FROM aws.sagemaker_image i, LATERAL (SELECT count(*) AS n FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.version > 1) s WHERE i.region = 'eu-west-1';
-- LEFT JOIN LATERAL
SELECT i.image_name, s.version FROM aws.sagemaker_image i LEFT JOIN LATERAL (SELECT v.version FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.job_type = 'INFERENCE' ORDER BY v.version DESC LIMIT 1) s ON true;
-- a CTE used twice with different filters
WITH v AS (SELECT image_arn, version, processor FROM aws.sagemaker_image_version) SELECT a.image_arn FROM v a WHERE a.version = 1 AND EXISTS (SELECT 1 FROM v b WHERE b.image_arn = a.image_arn AND b.processor = 'GPU');
-- a CTE that is aggregated, filtered outside
WITH n AS (SELECT image_name, region, count(*) AS c FROM aws.sagemaker_image_version GROUP BY ALL) SELECT * FROM n WHERE region = 'us-east-1' AND c > 1;
-- a CTE with column names of its own
WITH v(name, number) AS (SELECT image_name, version FROM aws.sagemaker_image_version) SELECT * FROM v WHERE number = 2 AND name LIKE 'x%';
-- a materialised CTE
WITH v AS MATERIALIZED (SELECT image_name, version FROM aws.sagemaker_image_version WHERE version < 3) SELECT count(*) FROM v WHERE version = 1;
-- a UNION whose branches have keys
SELECT version FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference' UNION SELECT version FROM aws.sagemaker_image_version WHERE image_name = 'notebook-kernel';
-- a UNION filtered by a constant column
SELECT * FROM (SELECT 'image' AS kind, image_arn AS arn FROM aws.sagemaker_image UNION ALL SELECT 'version', image_version_arn FROM aws.sagemaker_image_version) u WHERE kind = 'image';
-- a join with a UNION
SELECT u.name, v.version FROM (SELECT image_name AS name FROM aws.sagemaker_image WHERE region = 'us-east-1' UNION SELECT 'nothing') u JOIN aws.sagemaker_image_version v ON v.image_name = u.name WHERE v.version = 1;
-- EXCEPT inside IN
SELECT image_name, version FROM aws.sagemaker_image_version WHERE version = 1 AND image_name IN (SELECT image_name FROM aws.sagemaker_image EXCEPT SELECT 'notebook-kernel');
-- grouping sets
SELECT region, processor, count(*) FROM aws.sagemaker_image_version GROUP BY GROUPING SETS ((region), (processor), ()) ORDER BY region, processor, 3;
-- a filter over ROLLUP keeps the totals
SELECT * FROM (SELECT region, count(*) AS n FROM aws.sagemaker_image_version GROUP BY ROLLUP (region)) s WHERE region IS NULL OR region = 'us-east-1';
-- QUALIFY
SELECT image_arn, version FROM aws.sagemaker_image_version QUALIFY row_number() OVER (PARTITION BY image_arn ORDER BY version DESC) = 1;
-- ordered and limited in a subquery, joined outside
SELECT n.image_arn, v.base_image FROM (SELECT image_arn FROM aws.sagemaker_image ORDER BY image_arn LIMIT 3) n JOIN aws.sagemaker_image_version v ON v.image_arn = n.image_arn AND v.version = 1;
-- order by another column, with an offset
SELECT image_version_arn FROM aws.sagemaker_image_version WHERE version = 1 ORDER BY creation_time, image_version_arn LIMIT 4 OFFSET 2;
-- NULLS and DISTINCT FROM
SELECT image_name, version FROM aws.sagemaker_image_version WHERE processor IS DISTINCT FROM 'GPU' AND version = 1;
-- a contradiction over a join
SELECT v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name AND v.region = i.region WHERE i.image_name = 'xgboost-inference' AND v.image_name = 'notebook-kernel';
-- constants through two joins
SELECT a.version, b.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version a ON a.image_name = i.image_name AND a.region = i.region JOIN aws.sagemaker_image_version b ON b.image_name = a.image_name AND b.region = a.region WHERE i.image_name = 'xgboost-inference' AND i.region = 'us-east-1' AND a.version = 1 AND b.version = 2;
-- tables of two services by the columns that both have
SELECT n.image_name, n.version FROM (SELECT image_arn, image_name, region FROM aws.sagemaker_image) i NATURAL JOIN (SELECT image_arn, split_part(image_arn, '/', 2) AS image_name, version FROM aws.sagemaker_image_version) n WHERE i.region = 'us-east-1';
