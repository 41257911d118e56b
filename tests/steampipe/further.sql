-- name: acm_expires_within_30_days
select certificate_arn as resource,
  case when renewal_eligibility = 'INELIGIBLE' then 'skip' when date(not_after) - date(current_date) >= 30 then 'ok' else 'alarm' end as status,
  case when renewal_eligibility = 'INELIGIBLE' then title || ' not eligible for renewal.'
    else title || ' expires ' || to_char(not_after, 'DD-Mon-YYYY') || ' (' || extract(day from not_after - date_trunc('day', created_at)) || ' days).' end as reason,
  region, account_id
from aws_acm_certificate;

-- name: acm_wildcards
select certificate_arn, domain_name like '*%' as is_wild, case when domain_name ilike any (array['*.%', '%.test']) then 'alarm' else 'ok' end status,
  jsonb_array_length(coalesce(subject_alternative_names, '[]'::jsonb)) > 1 as has_more, (in_use_by is null or jsonb_array_length(in_use_by) = 0) as unused
from aws_acm_certificate;

-- name: apigateway_stage_logging
select 'arn:' || partition || ':apigateway:' || region || '::/apis/' || rest_api_id || '/stages/' || name as resource,
  case when method_settings is null or (method_settings -> '*/*' ->> 'LoggingLevel') is null or (method_settings -> '*/*' ->> 'LoggingLevel') = 'OFF' then 'alarm' else 'ok' end as status,
  title || case when tracing_enabled then ' traced' else ' not traced' end || coalesce(' by ' || client_certificate_id, '') as reason, region, account_id
from aws_api_gateway_stage;

-- name: apigateway_methods_of_all_stages
select s.name, m.key as path, m.value ->> 'CachingEnabled' as caching, (m.value ->> 'CacheTtlInSeconds')::int as ttl, (m.value -> 'ThrottlingRateLimit')::numeric as rate
from aws_api_gateway_stage s left join lateral jsonb_each(s.method_settings) as m on true order by 1, 2;

-- name: backup_vault_policy_denies_delete
with denying as (
  select distinct arn from aws_backup_vault, jsonb_array_elements(policy_std -> 'Statement') as s, jsonb_array_elements_text(s -> 'Action') as a
  where s ->> 'Effect' = 'Deny' and a in ('backup:deleterecoverypoint', 'backup:updaterecoverypointlifecycle', 'backup:*')
)
select v.arn as resource, case when d.arn is not null then 'ok' else 'alarm' end as status,
  v.title || case when d.arn is null then ' lets recovery points be deleted.' else ' denies.' end reason, v.region, v.account_id
from aws_backup_vault as v left join denying as d using (arn);

-- name: backup_plan_retention
with all_plans as (
  select arn, r ->> 'RuleName' as rule, r -> 'Lifecycle' as lifecycle, coalesce((r -> 'Lifecycle' ->> 'DeleteAfterDays')::int, 0) as days, region, account_id, _ctx
  from aws_backup_plan, jsonb_array_elements(backup_plan -> 'Rules') as r
)
select arn as resource, case when lifecycle is null then 'ok' when days >= 37 then 'ok' else 'alarm' end as status,
  case when lifecycle is null then rule || ' has no retention.' else rule || ' keeps ' || days || ' day(s).' end as reason, region, account_id
from all_plans;

-- name: backup_points_encrypted
select recovery_point_arn as resource, case when is_encrypted then 'ok' else 'alarm' end status, split_part(resource_arn, ':', 3) as service from aws_backup_recovery_point;

-- name: codebuild_plaintext_credentials
with invalid_key_name as (
  select distinct arn, name from aws_codebuild_project, jsonb_array_elements(environment -> 'EnvironmentVariables') as env
  where env ->> 'Name' ilike any (array['%AWS_ACCESS_KEY_ID%', '%AWS_SECRET_ACCESS_KEY%', '%PASSWORD%']) and env ->> 'Type' = 'PLAINTEXT'
)
select a.arn as resource, case when b.arn is null then 'ok' else 'alarm' end as status,
  case when b.arn is null then a.title || ' has no plaintext environment variables.' else a.title || ' has plaintext environment variables.' end as reason, a.region, a.account_id
from aws_codebuild_project a left join invalid_key_name b on a.arn = b.arn;

-- name: codebuild_logging_and_privileged
select arn, case when environment ->> 'PrivilegedMode' = 'true' then 'alarm' else 'ok' end as status,
  case when logs_config -> 'CloudWatchLogs' ->> 'Status' = 'ENABLED' or logs_config -> 'S3Logs' ->> 'Status' = 'ENABLED' then 'logs' else 'no logs' end as logs,
  (logs_config -> 'S3Logs' -> 'EncryptionDisabled')::boolean is not false as plain, source ->> 'Type' in ('GITHUB', 'BITBUCKET') as from_outside
from aws_codebuild_project;

-- name: config_rules_by_source
select source ->> 'Owner' as owner, count(*) filter (where rule_state = 'ACTIVE') as active, string_agg(name, ', ' order by name) as names
from aws_config_rule group by 1 having count(*) > 0 order by 1;

-- name: dms_public
select arn as resource, case when publicly_accessible then 'alarm' else 'ok' end as status,
  title || case when publicly_accessible then ' publicly accessible.' else ' not publicly accessible.' end || ' class ' || split_part(replication_instance_class, '.', 2) as reason
from aws_dms_replication_instance;

-- name: ami_public_and_old
select 'arn:' || partition || ':ec2:' || region || ':' || account_id || ':image/' || image_id as resource,
  case when public then 'alarm' else 'ok' end as status, name || coalesce(' of ' || owner_id, '') as reason,
  date_part('day', now() - creation_date) >= 0 as has_age, block_device_mappings @> '[{"Ebs": {"Encrypted": false}}]' as has_plain
from aws_ec2_ami;

-- name: snapshot_public
select 'arn:' || partition || ':ec2:' || region || ':' || account_id || ':snapshot/' || snapshot_id as resource,
  case when create_volume_permissions @> '[{"Group": "all", "UserId": null}]' then 'alarm' when jsonb_array_length(coalesce(create_volume_permissions, '[]')) > 0 then 'info' else 'ok' end status,
  case when encrypted then 'encrypted' else 'plain' end || ' ' || volume_size || ' GiB' as reason
from aws_ebs_snapshot;

-- name: snapshots_by_volume
select volume_id, count(*) as n, max(start_time) = max(start_time) over_same, sum(volume_size) as gib, avg(volume_size)::numeric(10, 2) as mean,
  percentile_cont(0.5) within group (order by volume_size) as median, array_agg(distinct encrypted::text order by encrypted::text) as kinds
from aws_ebs_snapshot group by volume_id order by 1;

-- name: classic_elb_listeners
with detailed as (
  select arn, account_id, title, l -> 'Listener' ->> 'Protocol' as listener_protocol, l -> 'Listener' ->> 'LoadBalancerPort' as port, region
  from aws_ec2_classic_load_balancer, jsonb_array_elements(listener_descriptions) as l
)
select arn as resource, case when listener_protocol not in ('HTTPS', 'SSL') then 'alarm' else 'ok' end as status,
  title || ' listens on ' || port || ' by ' || lower(listener_protocol) || '.' as reason, region, account_id from detailed;

-- name: classic_elb_settings
select arn as resource, case when cross_zone_load_balancing_enabled then 'ok' else 'alarm' end as cross_zone, case when connection_draining_enabled then 'ok' else 'alarm' end draining,
  case when access_log_enabled = 'true' then 'ok' else 'alarm' end logging, coalesce(jsonb_array_length(availability_zones), 0) < 2 as few, name similar to '[a-z]+(-[a-z]+)*' as neat
from aws_ec2_classic_load_balancer;

-- name: network_elb_attributes
with attributes as (
  select arn, lb ->> 'Key' as key, lb ->> 'Value' as value from aws_ec2_network_load_balancer cross join jsonb_array_elements(load_balancer_attributes) as lb
)
select a.arn, max(value) filter (where key = 'deletion_protection.enabled') as protection, bool_or(key = 'load_balancing.cross_zone.enabled' and value::bool) as crossing
from attributes a group by a.arn;

-- name: target_group_unused
select target_group_arn as resource, case when load_balancer_arns is null or jsonb_array_length(load_balancer_arns) = 0 then 'alarm' else 'ok' end as status,
  protocol || ':' || port as listens, load_balancer_arns ->> 0 as first, split_part(split_part(target_group_arn, ':targetgroup/', 2), '/', 1) = target_group_name as same,
  (select count(*) from jsonb_array_elements(attributes) a where a ->> 'Key' like 'stickiness.%') as sticky
from aws_ec2_target_group;

-- name: launch_template_versions
select t.launch_template_name, v.version_number, v.default_version, v.launch_template_data -> 'MetadataOptions' ->> 'HttpTokens' as tokens,
  coalesce(v.launch_template_data #>> '{MetadataOptions,HttpTokens}' = 'required', false) as strict, v.user_data is not null as has_script
from aws_ec2_launch_template t join aws_ec2_launch_template_version v using (launch_template_id) order by 1, 2;

-- name: network_interfaces_public
select network_interface_id, association_public_ip is not null as public, host(private_ip_address) as address, private_ip_address <<= '10.0.0.0/8'::cidr as inside,
  family(private_ip_address) as family, interface_type, (select string_agg(g ->> 'GroupName', ',' order by g ->> 'GroupName') from jsonb_array_elements(groups) g) as group_names
from aws_ec2_network_interface;

-- name: network_interfaces_by_subnet
select s.subnet_id, s.cidr_block, count(n.network_interface_id) as n, bool_and(n.private_ip_address << s.cidr_block) as all_inside, masklen(s.cidr_block) as bits
from aws_vpc_subnet s left join aws_ec2_network_interface n on n.subnet_id = s.subnet_id group by 1, 2 order by 1;

-- name: key_pairs
select key_name, key_type, key_fingerprint ~ '^([0-9a-f]{2}:)+[0-9a-f]{2}$' as is_md5, regexp_replace(key_name, '^(.)(.*)$', '\1***') as hidden from aws_ec2_key_pair;

-- name: ecr_scan_and_tags
select arn as resource, case when image_scanning_configuration ->> 'ScanOnPush' = 'true' then 'ok' else 'alarm' end as status, image_tag_mutability = 'IMMUTABLE' as fixed,
  coalesce(encryption_configuration ->> 'EncryptionType', 'none') as encryption, lifecycle_policy is null as forever,
  lifecycle_policy -> 'rules' -> 0 -> 'selection' ->> 'countNumber' as first_count from aws_ecr_repository;

-- name: ecr_policy_open
with open_policies as (
  select distinct arn from aws_ecr_repository, jsonb_array_elements(policy_std -> 'Statement') as s, jsonb_array_elements_text(s -> 'Principal' -> 'AWS') as p
  where s ->> 'Effect' = 'Allow' and (p = '*' or p !~ '^arn:aws:iam::\d{12}:(?!root$).+')
)
select r.arn, case when p.arn is null then 'ok' else 'alarm' end as status from aws_ecr_repository r left join open_policies p on p.arn = r.arn;

-- name: efs_encryption_and_backup
select arn as resource, case when encrypted and kms_key_id like 'arn:aws:kms:%' then 'ok' when encrypted then 'info' else 'alarm' end as status, automatic_backups,
  (size_in_bytes ->> 'Value')::bigint as bytes, pg_size_pretty((size_in_bytes ->> 'Value')::bigint) as size from aws_efs_file_system;

-- name: efs_access_points
select access_point_arn as resource, case when root_directory ->> 'Path' = '/' then 'alarm' else 'ok' end as status, posix_user is null as anyone, f.arn as of, posix_user ->> 'Uid' as uid
from aws_efs_access_point p left join aws_efs_file_system f on f.file_system_id = p.file_system_id;

-- name: elasticache_backups
select arn as resource, case when snapshot_retention_limit < 15 then 'alarm' else 'ok' end as status, title || ' keeps ' || snapshot_retention_limit || ' days' as reason,
  auto_minor_version_upgrade, string_to_array(engine_version, '.') as version, (string_to_array(engine_version, '.'))[1]::int >= 6 as recent from aws_elasticache_cluster;

-- name: elasticache_groups
select arn, case when automatic_failover = 'enabled' then 'ok' else 'alarm' end failover, case when at_rest_encryption_enabled and transit_encryption_enabled then 'ok' else 'alarm' end as secret,
  jsonb_array_length(member_clusters) as members, member_clusters ? 'none' as has_none from aws_elasticache_replication_group;

-- name: opensearch_domains
select arn as resource, case when encryption_at_rest_options ->> 'Enabled' = 'false' then 'alarm' else 'ok' end as status,
  case when vpc_options ->> 'VPCId' is null then 'public' else 'in ' || (vpc_options ->> 'VPCId') end as place, node_to_node_encryption_options_enabled,
  domain_endpoint_options ->> 'TLSSecurityPolicy' as tls, log_publishing_options -> 'AUDIT_LOGS' -> 'Enabled' as audits from aws_opensearch_domain;

-- name: elasticsearch_domains
select arn, enabled, case when log_publishing_options -> 'ES_APPLICATION_LOGS' ->> 'Enabled' = 'true' then 'ok' else 'alarm' end status,
  (elasticsearch_cluster_config ->> 'InstanceCount')::integer >= 3 and (elasticsearch_cluster_config ->> 'ZoneAwarenessEnabled')::bool as safe from aws_elasticsearch_domain;

-- name: emr_clusters
select cluster_arn as resource, case when kerberos_attributes is not null then 'ok' else 'alarm' end as status, status ->> 'State' as state, log_uri like 's3%' as logs,
  ec2_instance_attributes ->> 'EmrManagedMasterSecurityGroup' as master from aws_emr_cluster where status ->> 'State' not in ('TERMINATED', 'TERMINATED_WITH_ERRORS');

-- name: glue_jobs
select arn, case when security_configuration is null then 'alarm' else 'ok' end status, command ->> 'Name' as kind, default_arguments ->> '--enable-metrics' as metrics,
  glue_version::numeric >= 2 as recent, timeout from aws_glue_job;

-- name: glue_databases
select name, catalog_id = account_id as own, location_uri, parameters ->> 'classification' as class from aws_glue_catalog_database;

-- name: guardduty_on
select 'arn:' || r.partition || '::' || r.region || ':' || r.account_id as resource,
  case when r.opt_in_status = 'not-opted-in' then 'skip' when status = 'ENABLED' and master_account ->> 'AccountId' is null then 'ok' when status = 'ENABLED' then 'info' else 'alarm' end as status,
  r.region || case when d.detector_id is null then ' has none.' else ' has ' || (data_sources -> 'S3Logs' ->> 'Status') || '.' end as reason
from aws_region as r left join aws_guardduty_detector d on r.account_id = d.account_id and r.name = d.region order by 1;

-- name: iam_root_virtual_mfa
select s.account_id, case when account_mfa_enabled and serial_number is not null then 'alarm' else 'ok' end as status
from aws_iam_account_summary as s left join aws_iam_virtual_mfa_device on serial_number = 'arn:' || s.partition || ':iam::' || s.account_id || ':mfa/root-account-mfa-device';

-- name: iam_credential_report
select user_arn as resource, case when user_name = '<root_account>' then 'info' when password_enabled and not mfa_active then 'alarm' else 'ok' end status,
  case when access_key_1_active and access_key_2_active then 'two' when access_key_1_active or access_key_2_active then 'one' else 'none' end as keys,
  password_last_used is null as never, coalesce(access_key_1_last_rotated <= (current_date - interval '90' day), false) as old
from aws_iam_credential_report;

-- name: iam_server_certificates
select arn, case when expiration < (current_date - interval '1' second) then 'alarm' else 'ok' end as status, date(expiration) - current_date > 30 as long from aws_iam_server_certificate;

-- name: kinesis_encryption
select stream_arn as resource, case when encryption_type = 'KMS' and key_id is not null then 'ok' else 'alarm' end as status, retention_period_hours / 24.0 as days,
  open_shard_count, stream_mode_details ->> 'StreamMode' as mode from aws_kinesis_stream;

-- name: firehose_encryption
select arn, case when delivery_stream_encryption_configuration ->> 'Status' = 'ENABLED' then 'ok' else 'alarm' end status, delivery_stream_type,
  jsonb_path_query_first(destinations, '$[*].S3DestinationDescription.BucketARN') #>> '{}' as bucket from aws_kinesis_firehose_delivery_stream;

-- name: layers
select layer_name, version, compatible_runtimes ?| array['python3.12', 'python3.11'] as python, layer_arn ~ ':layer:[^:]+:\d+$' as versioned, policy is null as own from aws_lambda_layer_version;

-- name: mq_brokers
select arn, case when auto_minor_version_upgrade then 'ok' else 'alarm' end status, deployment_mode, publicly_accessible is true as public, encryption_options ->> 'UseAwsOwnedKey' as own_key from aws_mq_broker;

-- name: msk_clusters
select arn, provisioned -> 'EncryptionInfo' -> 'EncryptionInTransit' ->> 'ClientBroker' as transit, cluster_type, state from aws_msk_cluster;

-- name: neptune_clusters
select arn, case when storage_encrypted then 'ok' else 'alarm' end status, enabled_cloudwatch_logs_exports ? 'audit' as audits, backup_retention_period >= 7 as kept, deletion_protection from aws_neptune_db_cluster;

-- name: rds_clusters
select arn as resource, case when engine not like any (array['aurora-mysql', 'mysql']) then 'skip' when backtrack_window is not null then 'ok' else 'alarm' end as status,
  iam_database_authentication_enabled, copy_tags_to_snapshot, jsonb_array_length(members) as members, multi_az,
  case when setting @> '["audit"]' then 'audits' end as audits
from aws_rds_db_cluster, lateral (select coalesce(enabled_cloudwatch_logs_exports, '[]'::jsonb) as setting) x;

-- name: rds_event_subscriptions
with any_categories as (
  select distinct true as yes from aws_rds_db_event_subscription where source_type = 'db-instance' and enabled and coalesce(event_categories_list, '["failure"]') ?& array['failure']
)
select 'arn:' || partition || ':::' || account_id as resource, case when (select yes from any_categories) then 'ok' else 'alarm' end as status from aws_account;

-- name: rds_subnet_groups
select name, vpc_id, count(distinct s -> 'SubnetAvailabilityZone' ->> 'Name') as zones, array_to_string(array_agg(s ->> 'SubnetIdentifier' order by 1), ' ') is not null as listed
from aws_rds_db_subnet_group, jsonb_array_elements(subnets) with ordinality as t(s, n) group by 1, 2;

-- name: redshift_clusters
with logging as (select distinct name from aws_redshift_parameter_group, jsonb_array_elements(parameters) p where p ->> 'ParameterName' = 'require_ssl' and p ->> 'ParameterValue' = 'true')
select 'arn:' || c.partition || ':redshift:' || c.region || ':' || c.account_id || ':cluster:' || c.cluster_identifier as resource,
  case when encrypted and logging_status ->> 'LoggingEnabled' = 'true' then 'ok' else 'alarm' end as status, g ->> 'ParameterGroupName' in (select name from logging) as ssl,
  master_username = 'awsuser' as default_name, automated_snapshot_retention_period, allow_version_upgrade, enhanced_vpc_routing, endpoint ->> 'Port' as port
from aws_redshift_cluster c, jsonb_array_elements(cluster_parameter_groups) g;

-- name: s3_account_block
select 'arn:' || partition || ':s3::' || account_id as resource,
  case when block_public_acls and block_public_policy and ignore_public_acls and restrict_public_buckets then 'ok' else 'alarm' end as status,
  case when (block_public_acls and block_public_policy) then '' else concat_ws(', ', case when not (block_public_acls) then 'block_public_acls' end, case when not (block_public_policy) then 'block_public_policy' end) end reason
from aws_s3_account_settings;

-- name: sagemaker_notebooks
select arn, case when direct_internet_access = 'Enabled' then 'alarm' else 'ok' end status, root_access, subnet_id is not null as in_vpc, kms_key_id is null as plain,
  volume_size_in_gb, now() - creation_time < interval '1 day' as new from aws_sagemaker_notebook_instance;

-- name: sagemaker_endpoints
select arn, kms_key_id is not null as secret, v ->> 'VariantName' as variant, (v ->> 'InitialInstanceCount')::int > 1 as several, sum((v ->> 'InitialVariantWeight')::float) over (partition by arn) as weight
from aws_sagemaker_endpoint_configuration, jsonb_array_elements(production_variants) v;

-- name: sns_subscriptions
select subscription_arn, topic_arn, protocol, case when protocol in ('http') then 'alarm' else 'ok' end status, endpoint ~ '^(?=arn:)' as is_arn, filter_policy is null as unfiltered,
  split_part(topic_arn, ':', 6) || '/' || right(subscription_arn, 4) is not null as named from aws_sns_topic_subscription;

-- name: ssm_documents
select name, document_type, owner_type, platform_types, platform_types @> '["Linux"]'::jsonb as linux, account_ids from (
  select *, (select count(*) from jsonb_array_elements(coalesce(platform_types, '[]'))) as account_ids from aws_ssm_document where owner_type = 'Self') d order by 1;

-- name: ssm_windows
select name, duration, cutoff, schedule, enabled, jsonb_array_length(targets) as n, window_id ~ '^mw-[0-9a-f]{17}$' as ok from aws_ssm_maintenance_window;

-- name: eips_unused
select 'arn:' || partition || ':ec2:' || region || ':' || account_id || ':eip/' || allocation_id as resource, case when association_id is null then 'alarm' else 'ok' end as status,
  title || ' ' || host(public_ip) || case when public_ip << inet '10.0.0.0/8' then ' private' else ' public' end as reason, text(public_ip) as shown from aws_vpc_eip;

-- name: vpc_endpoints_of_vpcs
select v.vpc_id, case when count(e.vpc_endpoint_id) filter (where e.service_name like '%.ec2') = 0 then 'alarm' else 'ok' end as status, count(e.*) as n
from aws_vpc v left join aws_vpc_endpoint e on e.vpc_id = v.vpc_id group by v.vpc_id;

-- name: vpc_endpoint_policies
select vpc_endpoint_id, service_name, s ->> 'Effect' as effect, s -> 'Action' as actions, s -> 'Principal' ->> 'AWS' as who, coalesce(jsonb_typeof(route_table_ids), 'none') as kind
from aws_vpc_endpoint left join lateral jsonb_array_elements(policy_std -> 'Statement') s on true order by 1;

-- name: route_tables
with routes as (
  select vpc_id, route_table_id, r ->> 'GatewayId' as gateway, coalesce(r ->> 'DestinationCidrBlock', r ->> 'DestinationIpv6CidrBlock') as destination
  from aws_vpc_route_table, jsonb_array_elements(routes) as r
)
select t.route_table_id, exists (select from routes r where r.route_table_id = t.route_table_id and r.gateway like 'igw-%' and r.destination = '0.0.0.0/0') as public,
  (select count(*) from jsonb_array_elements(associations) a where (a ->> 'Main')::bool) as mains, jsonb_agg(distinct a ->> 'SubnetId') filter (where a ->> 'SubnetId' is not null) as subnets
from aws_vpc_route_table t left join jsonb_array_elements(t.associations) a on true group by t.route_table_id, t.associations;

-- name: internet_gateways
select internet_gateway_id, case when attachments is null or jsonb_array_length(attachments) = 0 then 'alarm' else 'ok' end status, a ->> 'VpcId' as vpc, a ->> 'State' as state
from aws_vpc_internet_gateway left join lateral (select * from jsonb_array_elements(attachments) limit 1) as x(a) on true;

-- name: peerings
select id, status_code, accepter_cidr_block && requester_cidr_block as overlap, accepter_owner_id = requester_owner_id as own, date_trunc('year', expiration_time) as year from aws_vpc_peering_connection;

-- name: wafv2_acls
select arn, case when logging_configuration is null then 'alarm' else 'ok' end status, coalesce(jsonb_array_length(rules), 0) as n, default_action ->> 'Allow' is not null as lets_in, scope,
  jsonb_path_exists(rules, '$[*] ? (@.Priority == 0)') as has_first from aws_wafv2_web_acl;

-- name: cognito_pools
select name, mfa_configuration, (policies -> 'PasswordPolicy' ->> 'MinimumLength')::int >= 8 as long, schema_attributes is not null as has_schema, nullif(deletion_protection, 'INACTIVE') as kept from aws_cognito_user_pool;

-- name: kms_aliases
select a.alias_name, k.id is not null as known, k.key_manager, regexp_replace(a.alias_name, '^alias/(aws/)?', '') as short, a.arn = 'arn:aws:kms:' || a.region || ':' || a.account_id || ':' || a.alias_name as same
from aws_kms_alias a left join aws_kms_key k on k.id = a.target_key_id and k.region = a.region;

-- name: stack_resources
select stack_name, resource_type, count(*), min(logical_resource_id), every(resource_status like '%_COMPLETE') as done, dense_rank() over (order by count(*) desc, resource_type) as place
from aws_cloudformation_stack_resource group by rollup (stack_name, resource_type) having grouping(stack_name) = 0 order by 1, 2 nulls last;


-- name: metrics_by_namespace
select namespace, count(distinct metric_name), max(jsonb_array_length(dimensions)) from aws_cloudwatch_metric group by namespace order by 1;

-- name: tags_over_everything
select resource_type, coalesce(nullif(tag.key, ''), '?') as key, lower(tag.value) as value, count(*) from (
  select 'volume' as resource_type, tags from aws_ebs_volume union all select 'snapshot', tags from aws_ebs_snapshot union all select 'eip', tags from aws_vpc_eip
) r cross join lateral jsonb_each_text(r.tags) as tag group by 1, 2, 3 order by 1, 2, 3;

-- name: mandatory_tags
with analysis as (select arn, array_agg(k) as tag_keys from aws_efs_file_system, jsonb_object_keys(tags) k group by arn)
select f.arn as resource, case when array['env', 'owner'] <@ coalesce(a.tag_keys, '{}') then 'ok' else 'alarm' end as status,
  array_to_string(array(select unnest(array['env', 'owner']) except select unnest(coalesce(a.tag_keys, '{}')) order by 1), ', ') as missing
from aws_efs_file_system f left join analysis a using (arn);

-- name: two_ways_of_the_same
select (select count(*) from aws_ebs_volume) = (select count(*) from (select volume_id from aws_ebs_volume intersect select volume_id from aws_ebs_volume) x) as same,
  (values (1), (2) order by 1 desc limit 1) as two, jsonb_build_object('a', array[1, 2], 'b', null) - 'b' as object, jsonb_strip_nulls('{"a": null, "b": 1}') || '{"c": [2]}' as merged;
