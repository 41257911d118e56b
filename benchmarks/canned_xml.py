"""The canned answers in XML: EC2's instances, IAM's roles with their attached policies, S3's buckets and what is set of them."""

from __future__ import annotations

from urllib.parse import parse_qs

_INSTANCE = """<item><reservationId>r-{n:017x}</reservationId><ownerId>{account}</ownerId><groupSet/><instancesSet><item>
<instanceId>i-{n:017x}</instanceId><imageId>ami-0123456789abcdef0</imageId><instanceState><code>16</code><name>running</name></instanceState>
<privateDnsName>ip-10-0-0-{n}.ec2.internal</privateDnsName><dnsName/><reason/><keyName>key</keyName><amiLaunchIndex>0</amiLaunchIndex>
<productCodes/><instanceType>m5.large</instanceType><launchTime>2025-01-01T00:00:00.000Z</launchTime><placement>
<availabilityZone>us-east-1a</availabilityZone><groupName/><tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring>
<subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId><privateIpAddress>10.0.0.1</privateIpAddress>
<sourceDestCheck>true</sourceDestCheck><groupSet><item><groupId>sg-0123456789abcdef0</groupId><groupName>default</groupName></item></groupSet>
<architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item>
<deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-{n:017x}</volumeId><status>attached</status><attachTime>2025-01-01T00:00:01.000Z</attachTime>
<deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping><virtualizationType>hvm</virtualizationType>
<clientToken>{n}</clientToken><tagSet><item><key>Name</key><value>host-{n}</value></item><item><key>env</key><value>{env}</value></item></tagSet>
<hypervisor>xen</hypervisor><networkInterfaceSet><item><networkInterfaceId>eni-{n:017x}</networkInterfaceId>
<subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId><description/><ownerId>{account}</ownerId><status>in-use</status>
<macAddress>02:00:00:00:00:01</macAddress><privateIpAddress>10.0.0.1</privateIpAddress><sourceDestCheck>true</sourceDestCheck><groupSet><item>
<groupId>sg-0123456789abcdef0</groupId><groupName>default</groupName></item></groupSet><attachment><attachmentId>eni-attach-1</attachmentId>
<deviceIndex>0</deviceIndex><status>attached</status><attachTime>2025-01-01T00:00:00.000Z</attachTime>
<deleteOnTermination>true</deleteOnTermination></attachment><ipv6AddressesSet/></item></networkInterfaceSet><ebsOptimized>false</ebsOptimized>
<enaSupport>true</enaSupport><cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>
<metadataOptions><state>applied</state><httpTokens>required</httpTokens><httpEndpoint>enabled</httpEndpoint></metadataOptions>
</item></instancesSet></item>"""
_ROLE = """<member><Path>/</Path><RoleName>role-{n:04d}</RoleName><RoleId>AROA{n:016d}</RoleId>
<Arn>arn:aws:iam::{account}:role/role-{n:04d}</Arn>
<CreateDate>2025-01-01T00:00:00Z</CreateDate>
<AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D</AssumeRolePolicyDocument>
<MaxSessionDuration>3600</MaxSessionDuration></member>"""
_POLICY = "<member><PolicyName>ReadOnlyAccess</PolicyName><PolicyArn>arn:aws:iam::aws:policy/ReadOnlyAccess</PolicyArn></member>"
_DETAIL = _ROLE.replace(
    "<MaxSessionDuration>3600</MaxSessionDuration>",
    f"<InstanceProfileList/><RolePolicyList/><AttachedManagedPolicies>{_POLICY}</AttachedManagedPolicies><Tags/><RoleLastUsed/>",
)
_PAGE = 1000
_S3 = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_RULE = "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>"
_BLOCKED = "".join(
    f"<{name}>true</{name}>" for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
)
_TAGS = "<Tag><Key>team</Key><Value>ml</Value></Tag><Tag><Key>env</Key><Value>prod</Value></Tag>"
_BUCKETS = {
    "versioning": ("GetBucketVersioning", f"<VersioningConfiguration {_S3}><Status>Enabled</Status></VersioningConfiguration>"),
    "encryption": (
        "GetBucketEncryption",
        f"<ServerSideEncryptionConfiguration {_S3}><Rule>{_RULE}</Rule></ServerSideEncryptionConfiguration>",
    ),
    "publicAccessBlock": (
        "GetPublicAccessBlock",
        f"<PublicAccessBlockConfiguration {_S3}>{_BLOCKED}</PublicAccessBlockConfiguration>",
    ),
    "logging": ("GetBucketLogging", f"<BucketLoggingStatus {_S3}></BucketLoggingStatus>"),
    "requestPayment": (
        "GetBucketRequestPayment",
        f"<RequestPaymentConfiguration {_S3}><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
    ),
    "tagging": ("GetBucketTagging", f"<Tagging {_S3}><TagSet>{_TAGS}</TagSet></Tagging>"),
}
"""By what their query says: the operation, and its answer."""


def operation_of(body: bytes) -> str | None:
    """The operation that a form asks for."""
    return parse_qs(body.decode()).get("Action", [None])[0]


def xml_answer(body: bytes, account: str, rows: int) -> bytes:
    """The answer to one request of the query protocols. `rows`: how many instances or roles there are."""
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    operation = form["Action"]
    match operation:
        case "DescribeInstances":
            wanted = [n for n in range(rows) if _passes(n, form)]
            start = int(form.get("NextToken", 0))
            stop = min(start + min(int(form.get("MaxResults", _PAGE)), _PAGE), len(wanted))
            token = f"<nextToken>{stop}</nextToken>" if stop < len(wanted) else ""
            items = "".join(_INSTANCE.format(n=n, account=account, env=_environment(n)) for n in wanted[start:stop])
            inner = f"<requestId>canned</requestId><reservationSet>{items}</reservationSet>{token}"
            return (
                f'<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{inner}</DescribeInstancesResponse>'.encode()
            )
        case "ListRoles":
            items = "".join(_ROLE.format(n=n, account=account) for n in range(rows))
            return _result(operation, f"<Roles>{items}</Roles><IsTruncated>false</IsTruncated>")
        case "GetAccountAuthorizationDetails":  # of roles alone
            start = int(form.get("Marker", 0))
            stop = min(start + int(form.get("MaxItems", 100)), rows)
            items = "".join(_DETAIL.format(n=n, account=account) for n in range(start, stop))
            more = f"<IsTruncated>true</IsTruncated><Marker>{stop}</Marker>" if stop < rows else "<IsTruncated>false</IsTruncated>"
            return _result(operation, f"<RoleDetailList>{items}</RoleDetailList>{more}")
        case "ListAttachedRolePolicies":
            return _result(operation, f"<AttachedPolicies>{_POLICY}</AttachedPolicies><IsTruncated>false</IsTruncated>")
    raise ValueError(f"{operation} has no canned answer")


def _environment(n: int) -> str:
    return "web" if n % 20 == 0 else "prod"


def _passes(n: int, form: dict[str, str]) -> bool:
    """Whether an instance has the tag that a filter asks for; no other filter is known."""
    return form.get("Filter.1.Name") != "tag:env" or form.get("Filter.1.Value.1") == _environment(n)


def bucket_operation(path: str) -> str | None:
    """The operation of a request to S3, with the bucket in its path."""
    bucket, _, query = path.lstrip("/").partition("?")
    if not bucket or bucket == "/":
        return "ListBuckets"
    return next((o for words, (o, _) in _BUCKETS.items() if words in query.split("&") or f"{words}=" in query.split("&")), None)


def bucket_answer(operation: str, rows: int) -> bytes:
    """The answer of S3: a list of so many buckets, or what is set of any of them."""
    if operation == "ListBuckets":
        made = "<CreationDate>2025-01-01T00:00:00.000Z</CreationDate><BucketRegion>us-east-1</BucketRegion>"
        items = "".join(f"<Bucket><Name>bucket-{n:04d}</Name>{made}</Bucket>" for n in range(rows))
        return f"<ListAllMyBucketsResult {_S3}><Owner><ID>canned</ID></Owner><Buckets>{items}</Buckets></ListAllMyBucketsResult>".encode()
    return next(answer for o, answer in _BUCKETS.values() if o == operation).encode()


def throttled(path: str | None) -> tuple[int, bytes]:
    """What a request hears that is one too many: of S3 (with a path) or of the query protocols."""
    if path is not None:
        return 503, b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    return 400, b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"


def _result(operation: str, inner: str) -> bytes:
    head = f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{operation}Result>'
    tail = f"</{operation}Result><ResponseMetadata><RequestId>canned</RequestId></ResponseMetadata></{operation}Response>"
    return (head + inner + tail).encode()
