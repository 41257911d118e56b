"""Statements to begin with, for somebody who has just opened the page: each is a question that people have of their AWS."""

FIRSTS = (
    (
        "Volumes that are not encrypted",
        "SELECT account_id, region, volume_id, size, state\nFROM aws.ec2_volume\nWHERE NOT encrypted\nORDER BY size DESC",
    ),
    (
        "Instances by type and region",
        "SELECT instance_type, region, count(*) AS count\nFROM aws.ec2_instance\nGROUP BY instance_type, region\nORDER BY count DESC",
    ),
    (
        "Users and when they last signed in",
        "SELECT account_id, user_name, create_date, password_last_used\nFROM aws.iam_user\nORDER BY user_name",
    ),
    ("Functions by runtime", "SELECT runtime, count(*) AS count\nFROM aws.lambda_function\nGROUP BY runtime\nORDER BY count DESC"),
    (
        "Security groups",
        "SELECT account_id, region, group_id, group_name, vpc_id, ip_permissions\nFROM aws.ec2_security_group\nORDER BY group_name",
    ),
)
