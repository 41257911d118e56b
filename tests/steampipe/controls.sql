-- name: s3_versioning
select arn as resource, case when versioning_enabled then 'ok' else 'alarm' end as status,
  name || case when versioning_enabled then ' keeps versions.' else ' keeps no versions.' end as reason, region, account_id
from aws_s3_bucket;

-- name: s3_mfa_delete
select b.arn as resource, case when b.versioning_mfa_delete then 'ok' else 'alarm' end status, title || ' mfa delete ' || coalesce(versioning_mfa_delete::text, 'unknown') reason
from aws_s3_bucket as b;

-- name: s3_public_access_block
select arn as resource,
  case when block_public_acls and block_public_policy and ignore_public_acls and restrict_public_buckets then 'ok' else 'alarm' end as status,
  name || ': ' || concat_ws(', ', case when not block_public_acls then 'block_public_acls' end, case when not block_public_policy then 'block_public_policy' end,
    case when not (ignore_public_acls) then 'ignore_public_acls' end, case when not restrict_public_buckets then 'restrict_public_buckets' end) || '.' as reason,
  account_id
from aws_s3_bucket;

-- name: s3_https_only
with ssl_ok as (
  select distinct name, arn, 'ok' as status
  from aws_s3_bucket,
    jsonb_array_elements(policy_std -> 'Statement') as s,
    jsonb_array_elements_text(s -> 'Principal' -> 'AWS') as p,
    jsonb_array_elements_text(s -> 'Action') as a,
    jsonb_array_elements_text(s -> 'Resource') as r,
    jsonb_array_elements_text(s -> 'Condition' -> 'Bool' -> 'aws:securetransport') as ssl
  where p = '*' and s ->> 'Effect' = 'Deny' and ssl :: bool = false
)
select b.arn as resource, case when ok.status = 'ok' then 'ok' else 'alarm' end as status,
  case when ok.status = 'ok' then b.name || ' bucket policy enforces HTTPS.' else b.name || ' bucket policy does not enforce HTTPS.' end as reason,
  b.region, b.account_id
from aws_s3_bucket as b left join ssl_ok as ok on ok.name = b.name;

-- name: s3_default_encryption
select arn as resource, case when server_side_encryption_configuration is not null then 'ok' else 'alarm' end as status,
  server_side_encryption_configuration -> 'Rules' -> 0 -> 'ApplyServerSideEncryptionByDefault' ->> 'SSEAlgorithm' as algorithm
from aws_s3_bucket order by 1;

-- name: s3_acl_public
with public_acl as (
  select distinct name from aws_s3_bucket, jsonb_array_elements(acl -> 'Grants') as grants
  where grants -> 'Grantee' ->> 'URI' ~ 'AllUsers|AuthenticatedUsers' and grants ->> 'Permission' in ('READ', 'WRITE', 'FULL_CONTROL')
)
select b.name as resource, case when p.name is null then 'ok' else 'alarm' end as status from aws_s3_bucket b left join public_acl p using (name);

-- name: s3_tags
select arn as resource, case when tags is null then 'alarm' when tags ? 'env' then 'ok' else 'alarm' end as status, tags ->> 'env' as env,
  tags ?& array['env', 'purpose'] as both_tags, tags ?| array['none', 'env'] as any_tag, (select count(*) from jsonb_object_keys(tags)) as n
from aws_s3_bucket;

-- name: s3_tag_values
select b.name, t.key, t.value from aws_s3_bucket b, jsonb_each_text(b.tags) t order by 1, 2;

-- name: s3_tags_src
select name, jsonb_array_length(tags_src), tags_src @> '[{"Key": "env"}]' has_env, tags_src #>> '{0,Key}' as first_key from aws_s3_bucket where tags_src is not null;

-- name: s3_names_without_dots
select name, name ~ '^(?!xn--)[a-z0-9][a-z0-9-]+(?<!-s3alias)$' as valid, name !~ '(?=.*\.)' as without_dots, regexp_replace(name, '(?<=acme)-', '_') as spelled from aws_s3_bucket;

-- name: s3_context
select _ctx ->> 'connection_name' as connection, sp_connection_name, partition, akas ->> 0 as aka, akas ? arn as in_akas from aws_s3_bucket where name like 'acme-logs%';

-- name: s3_by_region
select region, count(*), count(*) filter (where versioning_enabled) as versioned, array_agg(name order by name) as names, jsonb_agg(name order by name) from aws_s3_bucket group by region order by region;

-- name: s3_public_policy_statements
select name, count(*) as statement_count from aws_s3_bucket, jsonb_array_elements(policy_std -> 'Statement') as s
where s ->> 'Effect' = 'Allow' and (s -> 'Principal' -> 'AWS' = '["*"]' or s ->> 'Principal' = '*') group by name;

-- name: s3_cross_account
select b.name, split_part(p, ':', 5) as other
from aws_s3_bucket b cross join lateral jsonb_array_elements(b.policy_std -> 'Statement') as s(statement)
cross join lateral jsonb_array_elements_text(s.statement -> 'Principal' -> 'AWS') as p
where (string_to_array(p, ':'))[5] <> b.account_id;

-- name: iam_user_mfa
select arn as resource, case when mfa_enabled then 'ok' else 'alarm' end as status, name || ' MFA ' || case when mfa_enabled then 'on.' else 'off.' end as reason from aws_iam_user;

-- name: iam_user_no_direct_policies
select arn as resource, case when attached_policy_arns is null or jsonb_array_length(attached_policy_arns) = 0 then 'ok' else 'alarm' end as status,
  name || ' has ' || coalesce(jsonb_array_length(attached_policy_arns), 0) || ' attached and ' || coalesce(jsonb_array_length(inline_policies), 0) || ' inline policies.' as reason
from aws_iam_user;

-- name: iam_user_groups
select name, case when groups is null or jsonb_array_length(groups) = 0 then 'alarm' else 'ok' end as status, g ->> 'GroupName' as group_name
from aws_iam_user left join lateral jsonb_array_elements(groups) g on true;

-- name: iam_role_trust
select arn as resource, a as action, p as principal from aws_iam_role, jsonb_array_elements(assume_role_policy_std -> 'Statement') as s,
  jsonb_array_elements_text(s -> 'Action') as a, jsonb_array_elements_text(s -> 'Principal' -> 'Service') as p
where s ->> 'Effect' = 'Allow';

-- name: iam_role_admin
with admin as (
  select arn from aws_iam_role, jsonb_array_elements_text(attached_policy_arns) as p where split_part(p, '/', 2) = 'AdministratorAccess'
)
select r.arn as resource, case when a.arn is null then 'ok' else 'alarm' end as status from aws_iam_role r left join admin a on a.arn = r.arn;

-- name: iam_role_attached
select name, attached_policy_arns, instance_profile_arns, max_session_duration / 3600 as hours, path from aws_iam_role;

-- name: iam_role_unused
select name, case when role_last_used_date is null then 'alarm' when role_last_used_date <= (current_date - interval '60' day) then 'alarm' else 'ok' end as status,
  'Created ' || to_char(create_date, 'DD-Mon-YYYY') || ' (' || extract(year from create_date) || ')' as reason, date_trunc('month', create_date) as month
from aws_iam_role;

-- name: iam_role_wildcard_inline
select r.name, s ->> 'Effect' as effect, s -> 'Action' as action
from aws_iam_role as r, jsonb_array_elements(inline_policies_std) as p, jsonb_array_elements(p -> 'PolicyDocument' -> 'Statement') as s
where s -> 'Action' ? '*' or s -> 'Resource' ? '*';

-- name: iam_policy_star
with bad_policies as (
  select arn, count(*) as num_bad_statements
  from aws_iam_policy, jsonb_array_elements(policy_std -> 'Statement') as s, jsonb_array_elements_text(s -> 'Resource') as resource, jsonb_array_elements_text(s -> 'Action') as action
  where not is_aws_managed and s ->> 'Effect' = 'Allow' and resource = '*' and (action = '*' or action = '*:*')
  group by arn
)
select p.arn as resource, case when bad.arn is null then 'ok' else 'alarm' end status,
  p.name || ' contains ' || coalesce(bad.num_bad_statements, 0) || ' statements that allow action "*" on resource "*".' as reason
from aws_iam_policy as p left join bad_policies as bad on p.arn = bad.arn where not p.is_aws_managed;

-- name: iam_policy_attached
select name, is_attached, attachment_count, policy -> 'Statement' is not null as has_statements from aws_iam_policy where not is_aws_managed;

-- name: iam_group_users
select name, jsonb_array_length(attached_policy_arns) as policies from aws_iam_group;

-- name: iam_account
select account_id, arn, title, coalesce(jsonb_array_length(account_aliases), 0) as aliases from aws_account;

-- name: iam_account_password
select 'arn:' || a.partition || ':::' || a.account_id as resource,
  case when minimum_password_length >= 14 then 'ok' else 'alarm' end as status,
  case when minimum_password_length is null then 'No password policy set.' else 'Minimum password length set to ' || minimum_password_length || '.' end as reason
from aws_account as a left join aws_iam_account_password_policy as pol on a.account_id = pol.account_id;

-- name: iam_account_summary
select account_id, case when account_access_keys_present > 0 then 'alarm' else 'ok' end as status, users, groups, roles > 0 as has_roles, account_mfa_enabled from aws_iam_account_summary;

-- name: iam_access_key_age
select user_name, access_key_id, case when create_date <= (current_date - interval '90' day) then 'alarm' else 'ok' end as status,
  status as key_status, (current_date - create_date::date) > 90 as is_old from aws_iam_access_key;

-- name: ec2_public_ip
select arn as resource, case when public_ip_address is null then 'ok' else 'alarm' end as status, host(private_ip_address) as address, private_ip_address <<= '10.0.0.0/8' as is_private,
  public_ip_address is null as no_public
from aws_ec2_instance;

-- name: ec2_imdsv2
select instance_id, metadata_options ->> 'HttpTokens' as tokens, case when metadata_options ->> 'HttpEndpoint' = 'disabled' then 'skip' when metadata_options ->> 'HttpTokens' = 'optional' then 'alarm' else 'ok' end as status
from aws_ec2_instance;

-- name: ec2_state
select title, instance_state, instance_type, tags ->> 'Name' as name, date_part('day', now() - launch_time) >= 0 as launched, disable_api_termination, user_data is null as bare
from aws_ec2_instance where instance_state not in ('terminated') order by instance_id;

-- name: ec2_security_groups
select i.instance_id, sg ->> 'GroupId' as group_id, sg ->> 'GroupName' as group_name from aws_ec2_instance i, jsonb_array_elements(i.security_groups) as sg;

-- name: ec2_in_vpc
select i.instance_id, v.cidr_block, s.cidr_block as subnet, i.private_ip_address << s.cidr_block as inside from aws_ec2_instance i join aws_vpc v on v.vpc_id = i.vpc_id join aws_vpc_subnet s on s.subnet_id = i.subnet_id;

-- name: ec2_instance_types
select instance_type, count(*) as n, split_part(instance_type, '.', 1) as family from aws_ec2_instance group by instance_type having count(*) > 0 order by n desc, instance_type;

-- name: ebs_encrypted
select 'arn:' || partition || ':ec2:' || region || ':' || account_id || ':volume/' || volume_id as resource, case when encrypted then 'ok' else 'alarm' end as status, volume_id || case when encrypted then ' encrypted.' else ' not encrypted.' end as reason,
  size, jsonb_array_length(attachments) as attached from aws_ebs_volume;

-- name: ebs_attached
select volume_id, coalesce(a ->> 'InstanceId', 'none') as instance, case when jsonb_array_length(attachments) > 0 then 'ok' else 'alarm' end as status from aws_ebs_volume left join lateral jsonb_array_elements(attachments) a on true;

-- name: ebs_defaults
select region, account_id, default_ebs_encryption_enabled, case when default_ebs_encryption_enabled then 'ok' else 'alarm' end as status from aws_ec2_regional_settings;

-- name: vpc_default
select vpc_id, case when not is_default then 'ok' else 'alarm' end as status, cidr_block, masklen(cidr_block) as bits, cidr_block && '10.0.0.0/8' as overlaps, title from aws_vpc;

-- name: vpc_flow_logs
select v.vpc_id as resource, case when f.resource_id is not null then 'ok' else 'alarm' end as status from aws_vpc v left join aws_vpc_flow_log f on v.vpc_id = f.resource_id;

-- name: vpc_open_ssh
with ingress as (
  select group_id, count(*) as bad from aws_vpc_security_group_rule
  where type = 'ingress' and cidr_ipv4 = '0.0.0.0/0' and ((ip_protocol = '-1' and from_port is null) or (from_port <= 22 and to_port >= 22)) group by group_id
)
select sg.arn as resource, case when i.group_id is null then 'ok' else 'alarm' end as status, sg.group_id || ' has ' || coalesce(i.bad, 0) || ' rules that let all in.' as reason
from aws_vpc_security_group sg left join ingress i on i.group_id = sg.group_id;

-- name: vpc_sg_permissions
select g.group_name, p ->> 'IpProtocol' as protocol, r ->> 'CidrIp' as cidr, (p ->> 'FromPort')::int as from_port
from aws_vpc_security_group g, jsonb_array_elements(ip_permissions) p, jsonb_array_elements(p -> 'IpRanges') r order by 1, 2, 3, 4;

-- name: vpc_subnets_public
select subnet_id, case when map_public_ip_on_launch then 'alarm' else 'ok' end as status, available_ip_address_count::numeric / 256 as share, cidr_block from aws_vpc_subnet;

-- name: vpc_routes
select route_table_id, destination_cidr_block, gateway_id, state, case when gateway_id like 'igw-%' and destination_cidr_block = '0.0.0.0/0' then 'alarm' else 'ok' end as status from aws_vpc_route;

-- name: vpc_nacl
select network_acl_id, e ->> 'RuleAction' as action, (e -> 'RuleNumber')::int as number from aws_vpc_network_acl, jsonb_array_elements(entries) as e;

-- name: vpc_counts
select v.vpc_id, (select count(*) from aws_vpc_subnet s where s.vpc_id = v.vpc_id) as subnets, exists (select 1 from aws_vpc_nat_gateway n where n.vpc_id = v.vpc_id) as has_nat from aws_vpc v;

-- name: rds_encryption
select arn as resource, case when storage_encrypted then 'ok' else 'alarm' end as status, title || case when storage_encrypted then ' encrypted' else ' plain' end as reason, engine, port from aws_rds_db_instance;

-- name: rds_public
select db_instance_identifier, case when publicly_accessible then 'alarm' else 'ok' end as status, multi_az, backup_retention_period >= 7 as kept, auto_minor_version_upgrade, deletion_protection from aws_rds_db_instance;

-- name: rds_parameters
select g.name, p ->> 'ParameterName' as parameter, p ->> 'ParameterValue' as value from aws_rds_db_parameter_group g, jsonb_array_elements(g.parameters) p where p ->> 'ParameterName' = 'rds.force_ssl';

-- name: rds_logs
with logs as (select arn, case when engine like 'postgres%' and enabled_cloudwatch_logs_exports ?& array['postgresql', 'upgrade'] then 'ok' when engine in ('mysql', 'mariadb') and enabled_cloudwatch_logs_exports ?& array['audit', 'error', 'general', 'slowquery'] then 'ok' else 'alarm' end as status from aws_rds_db_instance)
select * from logs;

-- name: rds_snapshots
select db_snapshot_identifier, a ->> 'AttributeName' as attribute, case when a -> 'AttributeValues' = '["all"]' then 'alarm' else 'ok' end as status from aws_rds_db_snapshot, jsonb_array_elements(db_snapshot_attributes) a;

-- name: kms_rotation
select arn as resource, case when origin = 'EXTERNAL' then 'skip' when key_state = 'PendingDeletion' then 'skip' when key_rotation_enabled is null then 'info' when not key_rotation_enabled then 'alarm' else 'ok' end as status, title, key_manager
from aws_kms_key where key_manager = 'CUSTOMER';

-- name: kms_policy
select id, s ->> 'Effect' as effect, p as principal from aws_kms_key, jsonb_array_elements(policy_std -> 'Statement') s, jsonb_array_elements_text(s -> 'Principal' -> 'AWS') p;

-- name: kms_aliases
select id, a ->> 'AliasName' as alias, (a ->> 'AliasName') ~ '^alias/(?!aws/)' as own from aws_kms_key, jsonb_array_elements(aliases) a;

-- name: cloudtrail_multi_region
select t.name, is_multi_region_trail, is_logging, log_file_validation_enabled, kms_key_id is not null as encrypted,
  case when is_logging and is_multi_region_trail then 'ok' else 'alarm' end as status from aws_cloudtrail_trail t where region = home_region;

-- name: cloudtrail_events
with event_selectors as (
  select name, is_multi_region_trail, (select count(*) from jsonb_array_elements(event_selectors) e where e ->> 'ReadWriteType' = 'All') as all_selectors from aws_cloudtrail_trail
)
select a.account_id, case when count(e.name) > 0 then 'ok' else 'alarm' end as status from aws_account a left join event_selectors e on e.all_selectors > 0 group by a.account_id;

-- name: cloudtrail_bucket_logging
select t.name, b.name as bucket, b.logging is not null as logged from aws_cloudtrail_trail t left join aws_s3_bucket b on t.s3_bucket_name = b.name;

-- name: cloudwatch_metric_filters
with filters as (
  select filter.name as filter_name, log_group_name, metric_transformation_name as metric_name
  from aws_cloudwatch_log_metric_filter as filter
  where filter.filter_pattern ~ '\s*\$\.eventName\s*=\s*ConsoleLogin.+\$\.errorMessage\s*=\s*"Failed authentication"'
)
select f.filter_name, f.log_group_name, f.metric_name, al.name as alarm from filters f left join aws_cloudwatch_alarm al on al.metric_name = f.metric_name;

-- name: log_groups
select arn as resource, case when retention_in_days is null or retention_in_days < 365 then 'alarm' else 'ok' end as status, title || ' keeps for ' || coalesce(retention_in_days::text, 'ever') as reason, kms_key_id from aws_cloudwatch_log_group;

-- name: ecs_network_mode
select task_definition_arn as resource, network_mode, c ->> 'Name' as container, c ->> 'Image' as image, coalesce((c ->> 'Privileged')::boolean, false) as privileged, c -> 'LogConfiguration' ->> 'LogDriver' as driver
from aws_ecs_task_definition, jsonb_array_elements(container_definitions) c;

-- name: ecs_secrets_in_environment
select task_definition_arn, e ->> 'Name' as name from aws_ecs_task_definition, jsonb_array_elements(container_definitions) c, jsonb_array_elements(c -> 'Environment') e where e ->> 'Name' in ('AWS_ACCESS_KEY_ID', 'PASSWORD', 'LOG_LEVEL');

-- name: ecs_cluster_insights
select cluster_arn as resource, case when s ->> 'Value' = 'enabled' then 'ok' else 'alarm' end as status, status as cluster_status from aws_ecs_cluster left join lateral (select * from jsonb_array_elements(settings) x where x ->> 'Name' = 'containerInsights') i(s) on true;

-- name: ecs_service_public
select service_name, network_configuration -> 'AwsvpcConfiguration' ->> 'AssignPublicIp' as public_ip, launch_type, desired_count = running_count as whole from aws_ecs_service;

-- name: eks_endpoint
select arn as resource, name, resources_vpc_config ->> 'EndpointPublicAccess' as public, case when resources_vpc_config ->> 'EndpointPrivateAccess' = 'true' then 'ok' else 'alarm' end as status, encryption_config, version::numeric >= 1.2 as recent from aws_eks_cluster;

-- name: eks_logging
select name, l -> 'Types' as types, l ->> 'Enabled' as enabled from aws_eks_cluster, jsonb_array_elements(logging -> 'ClusterLogging') l;

-- name: lambda_runtime
select arn as resource, case when package_type <> 'Zip' then 'skip' when runtime in ('python3.11', 'python3.12', 'nodejs20.x') then 'ok' else 'alarm' end as status, title || ' uses ' || runtime as reason, memory_size, timeout from aws_lambda_function;

-- name: lambda_public
with public as (select arn from aws_lambda_function, jsonb_array_elements(policy_std -> 'Statement') s where s ->> 'Effect' = 'Allow' and s -> 'Principal' -> 'AWS' ? '*')
select f.arn, case when p.arn is null then 'ok' else 'alarm' end as status from aws_lambda_function f left join public p on p.arn = f.arn;

-- name: lambda_vpc
select name, vpc_id is null as outside, case when vpc_id is null then 'alarm' else 'ok' end as status, tracing_config ->> 'Mode' as tracing, dead_letter_config_target_arn from aws_lambda_function;

-- name: dynamodb
select name, billing_mode, case when point_in_time_recovery_description ->> 'PointInTimeRecoveryStatus' = 'DISABLED' then 'alarm' else 'ok' end as status, sse_description, item_count, table_status, key_schema -> 0 ->> 'AttributeName' as first_key from aws_dynamodb_table;

-- name: sqs
select queue_url, title, policy_std is null as no_policy, case when kms_master_key_id is null then 'alarm' else 'ok' end as status, (redrive_policy ->> 'maxReceiveCount')::int as receives, visibility_timeout_seconds from aws_sqs_queue;

-- name: sns
select topic_arn as resource, case when kms_master_key_id is null then 'alarm' else 'ok' end as status, s ->> 'Effect' as effect, s -> 'Condition' as condition from aws_sns_topic left join lateral jsonb_array_elements(policy_std -> 'Statement') s on true;

-- name: secrets
select name, case when rotation_rules is null then 'alarm' when rotation_enabled then 'ok' else 'alarm' end as status, last_rotated_date is null as never, tags from aws_secretsmanager_secret;

-- name: load_balancers
select lb.name, a ->> 'Value' as deletion_protection, state_code, lb.type, scheme from aws_ec2_application_load_balancer lb, jsonb_array_elements(load_balancer_attributes) a where a ->> 'Key' = 'deletion_protection.enabled';

-- name: load_balancer_listeners
select lb.name, l.port, l.protocol, case when l.protocol = 'HTTP' and not exists (select 1 from jsonb_array_elements(l.default_actions) d where d ->> 'Type' = 'redirect') then 'alarm' else 'ok' end as status
from aws_ec2_application_load_balancer lb join aws_ec2_load_balancer_listener l on l.load_balancer_arn = lb.arn;

-- name: autoscaling
select name, min_size, max_size, case when jsonb_array_length(availability_zones) > 1 then 'ok' else 'alarm' end as status, health_check_type from aws_ec2_autoscaling_group;

-- name: cloudfront
select id, default_cache_behavior ->> 'ViewerProtocolPolicy' as policy, case when default_root_object = '' then 'alarm' else 'ok' end as status, enabled, o ->> 'DomainName' as origin, (o -> 'CustomOriginConfig') is not null as custom from aws_cloudfront_distribution, jsonb_array_elements(origins) o;

-- name: route53
select z.name, z.private_zone, r.type, r.records, r.ttl from aws_route53_zone z join aws_route53_record r on r.zone_id = z.id where r.type in ('A', 'CNAME');

-- name: eventbridge
select name, state, title, event_pattern -> 'source' as source, schedule_expression from aws_eventbridge_rule;

-- name: step_functions
select name, status, logging_configuration ->> 'Level' as level, (definition::jsonb) -> 'StartAt' as starts from aws_sfn_state_machine;

-- name: ssm_parameters
select name, type, case when type = 'SecureString' then 'ok' else 'info' end as status, tier from aws_ssm_parameter where type <> 'StringList';

-- name: cloudformation
select name, status, drift.s as drift, coalesce(jsonb_array_length(outputs), 0) as n from aws_cloudformation_stack, lateral (select coalesce(stack_drift_status, 'NOT_CHECKED') as s) drift;

-- name: union_of_services
select 'vpc' as kind, vpc_id as id, region from aws_vpc union all select 'subnet', subnet_id, region from aws_vpc_subnet union all select 'bucket', name, region from aws_s3_bucket order by 1, 2;

-- name: costs_as_money
select volume_id, size::numeric::money as price, (size * 0.1)::numeric(10, 2) as monthly, round((size * 0.08)::numeric, 2)::money::text as text from aws_ebs_volume;

-- name: percentages
select account_id, count(*) as total, round(100.0 * count(*) filter (where tags is not null) / count(*), 1) as tagged, sum(case when versioning_enabled then 1 else 0 end) from aws_s3_bucket group by account_id;

-- name: jsonb_in_select_list
select name, jsonb_object_keys(tags) as key from aws_s3_bucket where tags is not null order by 1, 2;

-- name: each_in_select_list
select name, (jsonb_each_text(tags)).key as key, (jsonb_each_text(tags)).value as value from aws_s3_bucket where tags is not null;

-- name: correlated_function
select v.vpc_id, c.block ->> 'CidrBlock' as block from aws_vpc v, lateral (select x as block from jsonb_array_elements(v.cidr_block_association_set) as x) c;

-- name: unaliased_outputs
select name, count(*), upper(region), coalesce(tags ->> 'env', 'none'), case when versioning_enabled then 1 else 0 end from aws_s3_bucket group by name, upper(region), coalesce(tags ->> 'env', 'none'), case when versioning_enabled then 1 else 0 end;

-- name: missing_tags
with analysis as (
  select arn, title, tags ?& array['env', 'owner'] as has_mandatory_tags, to_jsonb(array['env', 'owner']) - array(select jsonb_object_keys(tags)) as missing_tags, region, account_id from aws_s3_bucket
)
select arn as resource, case when has_mandatory_tags then 'ok' when has_mandatory_tags is null then 'alarm' else 'alarm' end as status,
  case when has_mandatory_tags then title || ' has all mandatory tags.' else title || ' is missing tags: ' || array_to_string(array(select jsonb_array_elements_text(missing_tags)), ', ') || '.' end as reason
from analysis;

-- name: window_over_snapshots
select volume_id, region, row_number() over (partition by region order by volume_id) as place, count(*) over (partition by region) as of_all, lag(volume_id) over (order by volume_id) as before from aws_ebs_volume;

-- name: address_ranges
select distinct host(network(cidr_block)) as net, broadcast(cidr_block)::text, netmask(cidr_block)::text as mask, family(cidr_block), cidr_block::inet <<= inet '172.16.0.0/12' as private from aws_vpc order by 1;

-- name: dates
select name, age(timestamptz '2030-01-01', create_date) > interval '1 year' as old, create_date::date, create_date at time zone 'UTC' as utc, extract(epoch from create_date)::bigint as seconds, to_char(create_date, 'YYYY-MM-DD HH24:MI') as shown, create_date < now() as past from aws_iam_role;

-- name: sg_rule_networks
select security_group_rule_id as resource, cidr_ipv4::text as range, case when cidr_ipv4 <<= '10.0.0.0/8'::cidr then 'ok' when cidr_ipv4 = '0.0.0.0/0' then 'alarm' else 'info' end as status,
  masklen(cidr_ipv4) as bits
from aws_vpc_security_group_rule where cidr_ipv4 is not null;

-- name: sg_newest_rule_of_a_group
select distinct on (group_id) group_id, type, from_port, to_port from aws_vpc_security_group_rule order by group_id, type, from_port nulls first, to_port nulls first, cidr_ipv4;

-- name: sg_ports_of_a_group
select group_id as resource, string_agg(distinct coalesce(from_port::text, 'all'), ', ' order by coalesce(from_port::text, 'all')) as ports, count(*) filter (where type = 'ingress') as inward,
  case when bool_or(cidr_ipv4 = '0.0.0.0/0' and type = 'ingress') then 'alarm' else 'ok' end as status
from aws_vpc_security_group_rule group by group_id;

-- name: sg_ports_by_pattern
select group_id, group_name from aws_vpc_security_group where group_name like any (array['%shabby%', 'default']) and not group_name ilike all (array['%x%', '%y%']);

-- name: bucket_statement_paths
select name, jsonb_path_exists(policy_std, '$.Statement[*] ? (@.Effect == "Allow" && @.Principal.AWS[*] == "*")') as is_public,
  jsonb_path_query_array(policy_std, '$.Statement[*].Effect') as effects from aws_s3_bucket;

-- name: bucket_tags_that_lack
select b.name as resource, case when b.tags is null then 'skip' when b.tags ?& array['env', 'owner'] then 'ok' else 'alarm' end as status,
  'Lacks ' || coalesce((select string_agg(k, ', ' order by k) from unnest(array['env', 'owner', 'team']) as k where not coalesce(b.tags ? k, false)), 'none') as reason
from aws_s3_bucket as b;

-- name: bucket_tag_keys
select name, array_agg(k order by k) as keys from aws_s3_bucket, jsonb_object_keys(tags) as k group by name;

-- name: bucket_parts_of_names
select name, (string_to_array(name, '-'))[1] as first, array_length(string_to_array(name, '-'), 1) as parts, reverse(split_part(reverse(name), '-', 1)) as last,
  name ~ '^(?!.*--)[a-z0-9](?=[a-z0-9-]*$)' as well_named, regexp_replace(name, '[^a-z]+', '_', 'g') as plain from aws_s3_bucket;

-- name: bucket_rows_as_json
select to_jsonb(b) -> 'name' as name, jsonb_build_object('versioning', b.versioning_enabled, 'tags', b.tags) ->> 'versioning' as versioning
from (select name, versioning_enabled, tags from aws_s3_bucket) as b;

-- name: role_trusts
with trusted as (
  select r.name, p.key as kind, jsonb_array_elements_text(p.value) as who
  from aws_iam_role as r, jsonb_array_elements(assume_role_policy_std -> 'Statement') as s, jsonb_each(s -> 'Principal') as p where s ->> 'Effect' = 'Allow')
select name as resource, count(*) as trusts, max(who) filter (where kind = 'Service') as service, string_agg(kind || ':' || who, ' ' order by kind, who) as all_of_them,
  case when bool_or(who ~ '^(\*|arn:aws:iam::(?!111111111111))') then 'alarm' else 'ok' end as status
from trusted group by name;

-- name: policy_actions_by_service
select name, split_part(a, ':', 1) as service, count(*) as actions, jsonb_agg(a order by a) as listed from aws_iam_policy, jsonb_array_elements(policy_std -> 'Statement') as s
  cross join lateral jsonb_array_elements_text(s -> 'Action') as a where not is_aws_managed and s ->> 'Effect' = 'Allow' group by name, split_part(a, ':', 1);

-- name: policy_statements_in_order
select name, n, s ->> 'Effect' as effect, jsonb_array_length(s -> 'Action') as actions
from aws_iam_policy cross join lateral jsonb_array_elements(policy_std -> 'Statement') with ordinality as e(s, n) where not is_aws_managed;

-- name: user_ages
select name, create_date < now() - interval '90 days' as is_old, date_part('day', now() - create_date) >= 0 as has_age, extract(year from create_date) > 2000 as is_ours,
  date_trunc('day', create_date) <= create_date as is_day, age(now(), create_date) > interval '-1 day' as aged from aws_iam_user;

-- name: user_groups_either_way
select u.name, coalesce(g ->> 'GroupName', 'none') as group_name from aws_iam_user as u left join lateral jsonb_array_elements(u.groups) as g on true;

-- name: volumes_ranked
select volume_id, size, rank() over (partition by volume_type order by size desc) as place, sum(size) over () as all_of_them, lag(size) over (order by size, volume_id) as before from aws_ebs_volume;

-- name: volumes_by_type
select volume_type, count(*), count(*) filter (where encrypted) as encrypted, round(avg(size), 2) as mean, percentile_cont(0.5) within group (order by size) as middle from aws_ebs_volume
group by volume_type having count(*) > 0 order by count(*) desc, 1;

-- name: volumes_not_in_use_nor_tagged
select volume_id from aws_ebs_volume where state = 'available' except select volume_id from aws_ebs_volume where tags is not null and tags <> '{}'::jsonb;

-- name: instances_profiles_and_groups
select i.instance_id, i.iam_instance_profile_arn is not null as has_profile, sg.group_name, array(select jsonb_array_elements(i.security_groups) ->> 'GroupId') as ids
from aws_ec2_instance as i, jsonb_array_elements(i.security_groups) as g join aws_vpc_security_group as sg on sg.group_id = g ->> 'GroupId';

-- name: instances_private_addresses
select instance_id, private_ip_address << '10.0.0.0/8' as in_ten, host(private_ip_address) as address, family(private_ip_address) from aws_ec2_instance where private_ip_address is not null;

-- name: years_and_volumes
with recursive sizes as (select 1 as n union all select n * 2 from sizes where n < 64) select n, count(v.volume_id) as as_large from sizes left join aws_ebs_volume as v on v.size >= n group by n order by n;

-- name: log_groups_retention
select name, case when retention_in_days is null then 'Never' when retention_in_days < 365 then retention_in_days || ' days' else 'long' end as kept, retention_in_days is distinct from 365 as other,
  greatest(coalesce(retention_in_days, 0), 30) as at_least, to_char(creation_time, 'YYYY') >= '2000' as dated from aws_cloudwatch_log_group;

-- name: databases_in_words
select db_instance_identifier, format('%s (%s) %s', engine, class, case when multi_az then 'Multi-AZ' else 'alone' end) as what, array_remove(array[case when not storage_encrypted then 'storage' end,
  case when publicly_accessible then 'public' end, case when not deletion_protection then 'deletion' end], null) as wrong, backup_retention_period between 7 and 35 as kept from aws_rds_db_instance;
