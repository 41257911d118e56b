-- instances of one region
SELECT instance_id, instance_type, tags->'Name' AS name FROM aws.ec2_instance WHERE region = 'us-east-1';
-- instances by type, an EC2 filter
SELECT instance_id, region FROM aws.ec2_instance WHERE instance_type = 'g5.xlarge' AND region IN ('us-east-1', 'eu-west-1');
-- instances by tag
SELECT instance_id FROM aws.ec2_instance WHERE region = 'us-east-1' AND tags->'env' = 'dev';
-- instances that are not of a type
SELECT instance_id FROM aws.ec2_instance WHERE region = 'us-east-1' AND instance_type NOT IN ('t3.micro');
-- instances by state in a document
SELECT instance_id, state->>'name' AS state FROM aws.ec2_instance WHERE region = 'us-east-1' AND state->>'name' = 'running';
-- volumes that are not encrypted
SELECT volume_id, size FROM aws.ec2_volume WHERE region = 'us-east-1' AND NOT encrypted;
-- volumes by size
SELECT volume_id, size FROM aws.ec2_volume WHERE size BETWEEN 100 AND 1000 AND region = 'us-west-2';
-- volumes counted by a boolean
SELECT encrypted, count(*), sum(size) FROM aws.ec2_volume WHERE region = 'us-east-1' GROUP BY encrypted ORDER BY encrypted;
-- security groups by name and network
SELECT g.group_name, v.cidr_block FROM aws.ec2_security_group g JOIN aws.ec2_vpc v ON v.vpc_id = g.vpc_id WHERE g.region = 'us-east-1' AND v.region = 'us-east-1' AND g.group_name = 'web';
-- subnets of a network by tag
SELECT s.cidr_block FROM aws.ec2_subnet s WHERE s.region = 'us-east-1' AND s.vpc_id IN (SELECT vpc_id FROM aws.ec2_vpc WHERE region = 'us-east-1' AND tags->'Name' = 'main');
-- instances with their networks and subnets
SELECT i.tags->'Name' AS name, s.cidr_block, v.cidr_block AS network FROM aws.ec2_instance i JOIN aws.ec2_subnet s ON s.subnet_id = i.subnet_id JOIN aws.ec2_vpc v ON v.vpc_id = i.vpc_id WHERE i.region = 'us-east-1' AND s.region = 'us-east-1' AND v.region = 'us-east-1';
-- networks without an instance
SELECT v.cidr_block FROM aws.ec2_vpc v LEFT JOIN aws.ec2_instance i ON i.vpc_id = v.vpc_id AND i.region = 'us-east-1' WHERE v.region = 'us-east-1' AND i.instance_id IS NULL;
-- ports open to the world
SELECT g.group_name, p.value->>'from_port' AS port FROM aws.ec2_security_group g, LATERAL jsonb_array_elements(g.ip_permissions) AS p WHERE g.region = 'us-east-1';
-- all buckets
SELECT name, bucket_region FROM aws.s3_bucket;
-- buckets by name
SELECT name FROM aws.s3_bucket WHERE name LIKE 'acme-models-%';
-- buckets by a filter that needs no call, with columns that do
SELECT name, versioning_status FROM aws.s3_bucket WHERE name LIKE 'acme-logs-1%';
-- buckets by versioning
SELECT name FROM aws.s3_bucket WHERE versioning_status = 'Enabled';
-- buckets by tag
SELECT name, tags->'purpose' FROM aws.s3_bucket WHERE tags->'env' = 'dev';
-- buckets of an account
SELECT name FROM aws.s3_bucket WHERE account_id = '222222222222';
-- buckets counted by region
SELECT bucket_region, count(*) FROM aws.s3_bucket GROUP BY 1 ORDER BY 1;
-- one bucket
SELECT name, versioning_status FROM aws.s3_bucket WHERE name = 'acme-models-111111111111-us-east-1';
-- roles by name
SELECT role_name, description FROM aws.iam_role WHERE role_name = 'ml-execution';
-- roles by a list of names
SELECT role_name, account_id FROM aws.iam_role WHERE role_name IN ('ml-execution', 'ci-deploy', 'nobody');
-- roles by tag
SELECT role_name FROM aws.iam_role WHERE tags->'team' = 'delivery';
-- roles by ARN
SELECT role_name, account_id FROM aws.iam_role WHERE arn = 'arn:aws:iam::222222222222:role/ci-deploy';
-- users of both accounts
SELECT account_id, user_name, tags->'team' AS team FROM aws.iam_user;
-- users who are not there
SELECT user_name FROM aws.iam_user WHERE user_name = 'nobody';
-- functions by runtime
SELECT function_name, region, memory_size FROM aws.lambda_function WHERE runtime = 'python3.9';
-- functions above the average
SELECT function_name, region FROM aws.lambda_function WHERE memory_size > (SELECT avg(memory_size) FROM aws.lambda_function);
-- functions with their roles
SELECT f.function_name, r.description FROM aws.lambda_function f JOIN aws.iam_role r ON r.arn = f.role WHERE f.region = 'us-west-2';
-- functions of roles by name
SELECT f.function_name, f.account_id FROM aws.iam_role r JOIN aws.lambda_function f ON f.role = r.arn WHERE r.role_name = 'ml-execution' AND f.region = 'us-east-1';
-- roles no function uses
SELECT r.role_name FROM aws.iam_role r WHERE NOT EXISTS (SELECT 1 FROM aws.lambda_function f WHERE f.role = r.arn);
-- repositories
SELECT repository_name, region FROM aws.ecr_repository WHERE region = 'us-east-1';
-- images of a repository
SELECT r.repository_name, count(*) FROM aws.ecr_repository r JOIN aws.ecr_image i ON i.repository_name = r.repository_name AND i.region = r.region AND i.account_id = r.account_id WHERE r.region = 'us-east-1' GROUP BY 1 ORDER BY 1;
-- images by parent
SELECT repository_name, image_digest FROM aws.ecr_image WHERE region = 'us-west-2';
-- everything named in one list
SELECT 'bucket' AS kind, name FROM aws.s3_bucket UNION ALL SELECT 'role', role_name FROM aws.iam_role UNION ALL SELECT 'user', user_name FROM aws.iam_user;
-- names that two services share
SELECT user_name FROM aws.iam_user INTERSECT SELECT role_name FROM aws.iam_role;
