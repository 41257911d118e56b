"""The canned answers in XML: EC2's instances, and IAM's roles with their attached policies."""

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
<clientToken>{n}</clientToken><tagSet><item><key>Name</key><value>host-{n}</value></item><item><key>env</key><value>prod</value></item></tagSet>
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
_PAGE = 1000


def operation_of(body: bytes) -> str | None:
    """The operation that a form asks for."""
    return parse_qs(body.decode()).get("Action", [None])[0]


def xml_answer(body: bytes, account: str, rows: int) -> bytes:
    """The answer to one request of the query protocols. `rows`: how many instances or roles there are."""
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    operation = form["Action"]
    match operation:
        case "DescribeInstances":
            start = int(form.get("NextToken", 0))
            stop = min(start + min(int(form.get("MaxResults", _PAGE)), _PAGE), rows)
            token = f"<nextToken>{stop}</nextToken>" if stop < rows else ""
            items = "".join(_INSTANCE.format(n=n, account=account) for n in range(start, stop))
            inner = f"<requestId>canned</requestId><reservationSet>{items}</reservationSet>{token}"
            return (
                f'<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{inner}</DescribeInstancesResponse>'.encode()
            )
        case "ListRoles":
            items = "".join(_ROLE.format(n=n, account=account) for n in range(rows))
            return _result(operation, f"<Roles>{items}</Roles><IsTruncated>false</IsTruncated>")
        case "ListAttachedRolePolicies":
            return _result(operation, f"<AttachedPolicies>{_POLICY}</AttachedPolicies><IsTruncated>false</IsTruncated>")
    raise ValueError(f"{operation} has no canned answer")


def _result(operation: str, inner: str) -> bytes:
    head = f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{operation}Result>'
    tail = f"</{operation}Result><ResponseMetadata><RequestId>canned</RequestId></ResponseMetadata></{operation}Response>"
    return (head + inner + tail).encode()
