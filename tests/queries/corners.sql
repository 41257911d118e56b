-- corner: NOT LIKE bounds nothing
SELECT image_name FROM aws.sagemaker_image WHERE image_name NOT LIKE 's%';
-- corner: NOT IN with NULL
SELECT image_name FROM aws.sagemaker_image WHERE image_name NOT IN ('scratch', NULL);
-- corner: IN list with duplicates and NULL, one region and account
SELECT image_name, region FROM aws.sagemaker_image WHERE image_name IN ('scratch', 'scratch', NULL, 'nope') AND region = 'us-east-1' AND account_id = '111111111111';
-- corner: created range exclusive at exact moment
SELECT image_name, creation_time FROM aws.sagemaker_image WHERE creation_time > TIMESTAMP '2025-01-06 09:00:00';
-- corner: created range inclusive at exact moment
SELECT image_name, creation_time FROM aws.sagemaker_image WHERE creation_time >= TIMESTAMP '2025-01-06 09:00:00';
-- corner: created between
SELECT image_name FROM aws.sagemaker_image WHERE creation_time BETWEEN TIMESTAMP '2025-01-06 09:00:00' AND TIMESTAMP '2025-01-26 12:00:00';
-- corner: created with tz
SELECT image_name FROM aws.sagemaker_image WHERE creation_time >= TIMESTAMPTZ '2025-01-06 10:00:00+01:00' AND creation_time < TIMESTAMPTZ '2025-01-06 10:00:00-01:00';
-- corner: timestamp with offset ignored
SELECT image_name, creation_time FROM aws.sagemaker_image WHERE creation_time >= TIMESTAMP '2025-01-06 10:00:00-05:00' AND creation_time < TIMESTAMP '2025-01-06 13:00:00-05:00';
-- corner: timestamptz with offset
SELECT image_name, creation_time FROM aws.sagemaker_image WHERE creation_time >= '2025-01-06 10:00:00+01:00'::timestamptz AND creation_time <= '2025-01-06 10:00:00+01:00'::timestamptz;
-- corner: bare text with offset
SELECT image_name, creation_time FROM aws.sagemaker_image WHERE creation_time >= '2025-01-06 10:00:00-05:00' AND creation_time < '2025-01-06 13:00:00-05:00';
-- corner: a range by a date
SELECT image_name FROM aws.sagemaker_image WHERE creation_time >= DATE '2025-02-01';
-- corner: interval arithmetic
SELECT image_name FROM aws.sagemaker_image WHERE creation_time > TIMESTAMP '2025-03-01' - INTERVAL '30 days';
-- corner: LIKE with own escape
SELECT image_name FROM aws.sagemaker_image WHERE image_name LIKE 'scr!atch' ESCAPE '!';
-- corner: LIKE exact
SELECT image_name FROM aws.sagemaker_image WHERE image_name LIKE 'scratch';
-- corner: other case matches nothing
SELECT image_name FROM aws.sagemaker_image WHERE image_name = 'Scratch';
-- corner: regexp insensitive
SELECT image_name FROM aws.sagemaker_image WHERE image_name ~* '^X';
-- corner: number as float
SELECT version FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference' AND version = 2.0 AND region = 'us-east-1' AND account_id = '111111111111';
-- corner: number as fraction
SELECT version FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference' AND version = 2.5 AND region = 'us-east-1' AND account_id = '111111111111';
-- corner: cast on key
SELECT version FROM aws.sagemaker_image_version WHERE image_name = 'xgboost-inference' AND version::text = '2' AND region = 'us-east-1' AND account_id = '111111111111';
-- corner: row IN list
SELECT image_name, version FROM aws.sagemaker_image_version WHERE (image_name, version) IN (('xgboost-inference', 2), ('pytorch-training', 1)) AND region = 'us-east-1' AND account_id = '111111111111';
-- corner: OR of ANDs
SELECT image_name, version FROM aws.sagemaker_image_version WHERE ((image_name = 'xgboost-inference' AND version = 2) OR (image_name = 'pytorch-training' AND version = 1)) AND region = 'us-east-1' AND account_id = '111111111111';
-- corner: OR of ANDs over places
SELECT image_name, region FROM aws.sagemaker_image WHERE (region = 'us-east-1' AND account_id = '111111111111') OR (region = 'eu-west-1' AND account_id = '222222222222');
-- corner: NOT region
SELECT image_name FROM aws.sagemaker_image WHERE NOT (region = 'us-east-1' AND account_id = '111111111111');
-- corner: region LIKE
SELECT image_name FROM aws.sagemaker_image WHERE region LIKE 'us-%';
-- corner: account <>
SELECT image_name FROM aws.sagemaker_image WHERE account_id <> '111111111111';
-- corner: IS NOT DISTINCT FROM
SELECT image_name FROM aws.sagemaker_image WHERE region IS NOT DISTINCT FROM 'us-east-1';
-- corner: ANY of an array's text
SELECT image_name FROM aws.sagemaker_image WHERE region = ANY('{us-east-1}');
-- corner: range vs equality
SELECT version FROM aws.sagemaker_image_version WHERE version = 2 AND version > 3;
-- corner: a NULL condition
SELECT image_name FROM aws.sagemaker_image WHERE NULL;
-- corner: subquery limit 0
SELECT * FROM (SELECT image_name FROM aws.sagemaker_image LIMIT 0) s;
-- corner: volumes encrypted IS NOT TRUE
SELECT volume_id FROM aws.ec2_volume WHERE encrypted IS NOT TRUE;
-- corner: volume by size IN
SELECT volume_id, size FROM aws.ec2_volume WHERE size IN (20, 20.0, 500.5);
-- corner: edges of not-equal regions
SELECT i.instance_id, s.cidr_block FROM aws.ec2_instance i JOIN aws.ec2_subnet s ON s.subnet_id = i.subnet_id AND s.region = i.region WHERE i.region <> 'us-east-1';
-- corner: bucket arn
SELECT name, versioning_status FROM aws.s3_bucket WHERE arn = 'arn:aws:s3:::acme-models-111111111111-us-east-1';
-- corner: roles by region <>
SELECT role_name, region FROM aws.iam_role WHERE region <> 'us-east-1';
-- corner: roles by other region
SELECT role_name, region FROM aws.iam_role WHERE region = 'eu-west-1';
-- corner: empty driving side
SELECT v.version FROM (VALUES ('a')) t(n) JOIN aws.sagemaker_image_version v ON v.image_name = t.n WHERE t.n = 'zzz';
-- corner: empty driving side from aws
SELECT v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn WHERE i.image_name LIKE 'qqq%';
-- corner: one image by prefix semi-joined by arn
SELECT v.version FROM aws.sagemaker_image_version v WHERE v.image_arn IN (SELECT image_arn FROM aws.sagemaker_image WHERE image_name LIKE 'xg%');
-- corner: not exists by arn
SELECT i.image_name FROM aws.sagemaker_image i WHERE i.image_name LIKE 'xg%' AND NOT EXISTS (SELECT 1 FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.version = 2);
-- corner: version by two parent arns in two places
SELECT version FROM aws.sagemaker_image_version WHERE image_arn IN ('arn:aws:sagemaker:us-east-1:111111111111:image/xgboost-inference', 'arn:aws:sagemaker:eu-west-1:222222222222:image/pytorch-training');
-- corner: left join where null rejecting
SELECT i.image_name, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn WHERE v.image_name = 'scratch' AND v.region = 'us-east-1';
-- corner: left join anti with filter
SELECT i.image_name FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn AND v.region = 'us-east-1' WHERE v.version IS NULL;
-- corner: full join one rejected
SELECT a.image_name, b.image_arn FROM aws.sagemaker_image a FULL JOIN aws.sagemaker_image b ON a.image_name = b.image_name AND b.region = 'us-east-1' WHERE a.region = 'eu-west-1';
-- corner: full join both rejected
SELECT a.image_name FROM aws.sagemaker_image a FULL JOIN aws.sagemaker_image b ON a.image_name = b.image_name AND b.region = 'us-east-1' WHERE a.region = 'eu-west-1' AND b.account_id = '111111111111';
-- corner: lateral with limit 0
SELECT i.image_name FROM aws.sagemaker_image i LEFT JOIN LATERAL (SELECT 1 FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn LIMIT 0) x ON true WHERE i.region = 'us-west-2';
-- corner: exists OR
SELECT i.image_name FROM aws.sagemaker_image i WHERE i.region = 'us-west-2' AND (i.image_name = 'nope' OR EXISTS (SELECT 1 FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND v.version = 12));
-- corner: values with null key
SELECT v.version FROM (VALUES ('xgboost-inference'), (NULL)) t(n) LEFT JOIN aws.sagemaker_image_version v ON v.image_name = t.n AND v.region = 'us-west-2';
-- corner: values typed numbers as version
SELECT v.version FROM (VALUES ('xgboost-inference', 2), ('pytorch-training', 1)) t(n, ver) JOIN aws.sagemaker_image_version v ON v.image_name = t.n AND v.version = t.ver WHERE v.region = 'us-west-2' AND v.account_id = '111111111111';
-- corner: generate_series join
SELECT v.version FROM generate_series(1, 2) AS t(n) JOIN aws.sagemaker_image_version v ON v.version = t.n WHERE v.region = 'us-west-2' AND v.image_name = 'xgboost-inference';
-- corner: unnest of array
SELECT v.version FROM unnest(ARRAY['xgboost-inference', 'nope']) AS t(n) JOIN aws.sagemaker_image_version v ON v.image_name = t.n WHERE v.region = 'us-west-2';
-- corner: distinct on with filter outside
SELECT * FROM (SELECT DISTINCT ON (image_name) image_name, region FROM aws.sagemaker_image ORDER BY image_name, region) s WHERE region = 'us-east-1';
-- corner: except with pushed filter outside
SELECT * FROM (SELECT image_name, region FROM aws.sagemaker_image EXCEPT SELECT image_name, region FROM aws.sagemaker_image WHERE account_id = '222222222222') s WHERE region = 'us-east-1';
-- corner: offset beyond
SELECT image_name FROM aws.sagemaker_image LIMIT 3 OFFSET 100;
-- corner: parent by a column that is no key
SELECT i.image_name, v.version FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v ON v.image_arn = i.image_arn WHERE i.display_name LIKE 'Tensor%';
-- corner: union with limit 0 in a branch
SELECT image_name FROM aws.sagemaker_image WHERE region = 'us-west-2' UNION ALL (SELECT role_name FROM aws.iam_role LIMIT 0);
