-- a tag's value
SELECT arn, region FROM aws.ec2_instance WHERE tags->'env' = 'prod';
-- a tag's value and a member of a document
SELECT arn FROM aws.ec2_instance WHERE tags->'env' = 'prod' AND state->>'Name' = 'running';
-- two values of one tag
SELECT arn FROM aws.ec2_instance WHERE tags->'env' = 'prod' AND tags->'env' = 'dev';
-- values of a member in a list
SELECT arn, state->>'Name' AS s FROM aws.ec2_instance WHERE state->>'Name' IN ('stopped', 'terminated', 'running');
-- values of a tag in an array, or another
SELECT arn FROM aws.ec2_instance WHERE tags->'env' = ANY('{dev,stage}') OR 'prod' = tags->'env';
-- one of two tags
SELECT arn FROM aws.ec2_instance WHERE tags->'env' = 'dev' OR tags->'team' = 'web';
-- a tag that is not so
SELECT arn FROM aws.ec2_instance WHERE NOT (tags->'env' = 'prod');
-- a tag with a wildcard in its value
SELECT arn FROM aws.ec2_instance WHERE tags->'env' = 'pro*' OR tags->'env' = 'p?od';
-- an empty tag
SELECT arn FROM aws.ec2_instance WHERE tags->'env' = '';
-- a tag in another case
SELECT arn FROM aws.ec2_instance WHERE tags->'Env' = 'prod' OR tags->'Env' = 'PROD';
-- no such tag
SELECT arn FROM aws.ec2_instance WHERE tags->'env' IS NULL;
-- a NULL among the values of a tag
SELECT arn FROM aws.ec2_instance WHERE tags->'env' IN ('prod', NULL);
-- a tag as a constant expression says
SELECT arn FROM aws.ec2_instance WHERE tags->'env' = lower('PR' || 'OD');
-- a member two steps deep
SELECT arn FROM aws.ec2_instance WHERE placement #>> '{AvailabilityZone}' = 'us-east-1a';
-- the same table filtered and whole
SELECT a.arn, b.arn FROM aws.ec2_instance a JOIN aws.ec2_instance b ON a.vpc_id = b.vpc_id AND a.region = b.region WHERE a.tags->'env' = 'prod' AND a.state->>'Name' = 'running';
-- a condition on the other side of an outer join
SELECT v.arn, i.arn FROM aws.ec2_volume v LEFT JOIN aws.ec2_instance i ON i.region = v.region AND i.tags->'env' = v.tags->'env' AND i.tags->'env' = 'prod';
-- a condition after an outer join
SELECT v.arn, i.arn FROM aws.ec2_volume v LEFT JOIN aws.ec2_instance i ON i.region = v.region AND i.tags->'env' = v.tags->'env' WHERE i.tags->'env' = 'prod' OR i.arn IS NULL;
-- volumes by tag and state
SELECT arn FROM aws.ec2_volume WHERE tags->'env' = 'prod' AND state = 'in-use';
-- networks by tag
SELECT vpc_id, region FROM aws.ec2_vpc WHERE tags->'Name' = 'main';
-- a filter through a common table
WITH w AS (SELECT * FROM aws.ec2_instance) SELECT count(*) FROM w WHERE tags->'env' = 'prod';
-- two keys of one map
SELECT arn FROM aws.ec2_instance WHERE tags ?& ARRAY['env', 'Name'];
-- keys of one map, each asked in another way
SELECT arn FROM aws.ec2_instance WHERE tags ? 'env' AND exist(tags, 'Name') AND tags->'team' IS NOT NULL;
-- one of two keys of a map, and a third
SELECT arn FROM aws.ec2_instance WHERE tags ?| ARRAY['env', 'nope'] AND tags ? 'Name';
-- keys of a map and what stands behind one
SELECT arn FROM aws.ec2_instance WHERE tags ? 'Name' AND tags->'env' = 'prod' AND NOT tags ? 'nope';
-- a document of a map as a whole
SELECT arn FROM aws.ec2_instance WHERE state #>> '{}' = '{"Code": 16, "Name": "running"}' OR state #>> '{Name}' = 'stopped';
