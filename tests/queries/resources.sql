-- identifiers from the list alone
SELECT image_version_arn FROM aws.sagemaker.image_versions;
-- the plural's star
SELECT * FROM aws.sagemaker.image_versions;
-- the list_only spelling
SELECT * FROM aws.sagemaker.image_versions_list_only WHERE region = 'us-east-1';
-- another provider name
SELECT region, image_arn FROM awscc.sagemaker.images WHERE region = 'us-east-1';
-- the singular with an identifier
SELECT version, image_name, vendor_guidance FROM aws.sagemaker.image_version WHERE region = 'us-east-1' AND data__Identifier = 'arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2';
-- the newer identifier spelling
SELECT version, image_name FROM awscc.sagemaker.image_versions WHERE region = 'us-east-1' AND Identifier = 'arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2';
-- CloudFormation's spelling of the columns
SELECT ImageName, Version FROM aws.sagemaker.image_version WHERE ImageVersionArn = 'arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2';
-- several identifiers
SELECT version, alias, aliases FROM aws.sagemaker.image_version WHERE data__Identifier IN ('arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2', 'arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/1');
-- an identifier that is not there
SELECT version FROM aws.sagemaker.image_version WHERE data__Identifier = 'arn:aws:sagemaker:us-east-1:111111111111:image-version/nothing/2';
-- a region that contradicts the identifier
SELECT version FROM aws.sagemaker.image_version WHERE region = 'eu-west-1' AND data__Identifier = 'arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2';
-- the singular without an identifier
SELECT image_name, version, job_type FROM aws.sagemaker.image_version WHERE region = 'us-west-2';
-- an image by name
SELECT image_name, image_display_name FROM aws.sagemaker.image WHERE region = 'us-east-1';
-- a filter on a detail column
SELECT image_name, version FROM aws.sagemaker.image_versions WHERE region = 'us-east-1' AND processor = 'GPU';
-- a filter on the parent's key
SELECT image_name, version FROM aws.sagemaker.image_versions WHERE image_name = 'xgboost-inference';
-- arrays
SELECT image_version_arn, cardinality(aliases) FROM aws.sagemaker.image_versions WHERE image_name = 'xgboost-inference';
-- a resource joined with a dataset
SELECT r.image_name, r.version, d.image_version_status FROM aws.sagemaker.image_versions r JOIN aws.sagemaker_image_version d ON d.image_version_arn = r.image_version_arn WHERE r.region = 'us-east-1';
-- a dataset that provides identifiers
SELECT d.image_version_arn, r.container_image FROM aws.sagemaker_image_version d JOIN aws.sagemaker.image_version r ON r.data__Identifier = d.image_version_arn WHERE d.version = 1;
-- counting resources
SELECT region, count(*) FROM aws.sagemaker.image_versions GROUP BY region ORDER BY region;
-- a name that makes the identifier
SELECT image_name, image_display_name FROM aws.sagemaker.images WHERE image_name = 'xgboost-inference';
-- names that make identifiers
SELECT region, image_arn FROM aws.sagemaker.image WHERE image_name IN ('xgboost-inference', 'no-such-image');
-- name and version make the identifier
SELECT image_version_arn, container_image, aliases FROM aws.sagemaker.image_version WHERE image_name = 'xgboost-inference' AND version = 2;
