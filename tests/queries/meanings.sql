-- meaning: BETWEEN SYMMETRIC with the ends turned round
SELECT version, image_name FROM aws.sagemaker_image_version WHERE version BETWEEN SYMMETRIC 3 AND 1;
-- meaning: BETWEEN SYMMETRIC of moments
SELECT image_name FROM aws.sagemaker_image WHERE creation_time BETWEEN SYMMETRIC TIMESTAMP '2025-01-26 12:00:00' AND TIMESTAMP '2025-01-06 09:00:00';
-- meaning: NOT BETWEEN
SELECT version, image_name FROM aws.sagemaker_image_version WHERE version NOT BETWEEN 2 AND 3;
-- meaning: a boolean IS NOT TRUE
SELECT image_name, version, horovod FROM aws.sagemaker_image_version WHERE horovod IS NOT TRUE;
-- meaning: a boolean IS NOT FALSE
SELECT image_name, version, horovod FROM aws.sagemaker_image_version WHERE horovod IS NOT FALSE;
-- meaning: OFFSET over a UNION
SELECT * FROM (SELECT image_name FROM aws.sagemaker_image WHERE region = 'us-east-1' UNION SELECT image_name FROM aws.sagemaker_image WHERE region = 'us-west-2' ORDER BY image_name OFFSET 2) s WHERE image_name > 'n' ORDER BY 1;
-- meaning: an outer join of a join in parentheses
SELECT i.image_name, i.region, v.version FROM aws.sagemaker_image i LEFT JOIN (aws.sagemaker_image_version v JOIN aws.sagemaker_image j ON j.image_name = v.image_name AND j.region = v.region AND j.account_id = v.account_id) ON v.image_name = i.image_name AND v.region = i.region AND v.account_id = i.account_id AND v.version > 2 WHERE v.version IS NULL;
-- meaning: NOT IN a query without rows, over what an outer join leaves NULL
SELECT i.image_name, i.region, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name AND v.region = i.region AND v.account_id = i.account_id AND v.version > 100 AND i.image_name = 'scratch' WHERE v.version NOT IN (SELECT version FROM aws.sagemaker_image_version WHERE version > 1000);
-- meaning: unequal to all of an empty array, over what an outer join leaves NULL
SELECT i.image_name, i.region, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name AND v.region = i.region AND v.account_id = i.account_id AND v.version > 100 AND i.image_name = 'scratch' WHERE v.version <> ALL ('{}'::bigint[]);
-- meaning: not equal to any of an empty array, over what an outer join leaves NULL
SELECT i.image_name, i.region, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v ON v.image_name = i.image_name AND v.region = i.region AND v.account_id = i.account_id AND v.version > 100 AND i.image_name = 'scratch' WHERE NOT (v.version = ANY ('{}'::bigint[]));
-- meaning: a moment rounded by its type
SELECT image_name FROM aws.sagemaker_image WHERE creation_time = TIMESTAMP(0) '2025-01-06 08:59:59.7';
-- meaning: a path with quoted steps
SELECT image_name, tags #>> '{"a b"}' AS t FROM aws.sagemaker.images WHERE image_name = 'scratch';
-- meaning: a condition behind a column without a name
SELECT * FROM (SELECT lower(image_name), region, account_id FROM aws.sagemaker_image) s WHERE account_id = '111111111111';
-- meaning: an implicit name in ORDER BY
SELECT region, count(*) FROM aws.sagemaker_image GROUP BY region ORDER BY count DESC, region;
-- meaning: an implicit name of a subquery
SELECT v.count, v.lower FROM (SELECT lower(region), count(*) FROM aws.sagemaker_image GROUP BY lower(region)) v WHERE v.count > 2 ORDER BY v.lower;
-- meaning: a window function by its name
SELECT v.rank, v.image_name FROM (SELECT image_name, rank() OVER (ORDER BY image_name) FROM aws.sagemaker_image WHERE region = 'us-east-1') v WHERE v.rank <= 3;
-- meaning: GROUP BY a name that is both an input and an output column
SELECT lower(region) AS region, count(*) FROM aws.sagemaker_image GROUP BY region ORDER BY 1;
-- meaning: ORDER BY in an aggregate sees the input
SELECT string_agg(region, ',' ORDER BY image_name, region) AS image_name FROM aws.sagemaker_image WHERE account_id = '222222222222';
-- meaning: UNION sorted by its column in a subquery
SELECT * FROM (SELECT image_name FROM aws.sagemaker_image UNION SELECT region FROM aws.sagemaker_image ORDER BY image_name LIMIT 4) s ORDER BY 1;
-- meaning: LIMIT around a query in parentheses
SELECT * FROM ((SELECT image_name, region FROM aws.sagemaker_image ORDER BY 1, 2) LIMIT 4) s WHERE region = 'us-west-2' ORDER BY 1, 2;
-- meaning: OFFSET around a query in parentheses
SELECT * FROM ((SELECT image_name, region FROM aws.sagemaker_image ORDER BY 1, 2) OFFSET 4) s WHERE region = 'us-west-2' ORDER BY 1, 2;
-- meaning: LIMIT around a branch of a UNION
SELECT * FROM ((SELECT image_name, region FROM aws.sagemaker_image ORDER BY 1, 2 LIMIT 4) UNION ALL (SELECT 'x', 'us-west-2')) s WHERE region = 'us-west-2' ORDER BY 1, 2;
-- meaning: FETCH FIRST in a subquery
SELECT * FROM (SELECT image_name, region FROM aws.sagemaker_image ORDER BY 1, 2 FETCH FIRST 4 ROWS ONLY) s WHERE region = 'us-west-2' ORDER BY 1, 2;
-- meaning: a CTE in parentheses with LIMIT
WITH c AS ((SELECT image_name, region FROM aws.sagemaker_image ORDER BY 1, 2) LIMIT 4) SELECT * FROM c WHERE region = 'us-west-2' ORDER BY 1, 2;
-- meaning: a whole row that an outer join did not find
SELECT v.vpc_id, v.region FROM aws.ec2_vpc v LEFT JOIN aws.ec2_instance i ON i.vpc_id = v.vpc_id AND i.tags @> 'env=>prod' WHERE i IS NULL ORDER BY 1, 2;
-- meaning: a map that contains pairs, and one that is contained
SELECT instance_id FROM aws.ec2_instance WHERE tags @> '{"env": "prod"}' AND NOT tags <@ 'env=>prod' ORDER BY 1;
-- meaning: a CASE that guards a subquery
SELECT instance_id, CASE WHEN jsonb_typeof(security_groups) = 'array' THEN (SELECT count(*) FROM jsonb_array_elements(i.security_groups)) END AS n FROM aws.ec2_instance i ORDER BY 1;
