"""What list calls leave out unless one asks: each optional input that says "include" is decided in the overlay, or hides no rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role
from cirql.compiler import overlay, services
from tests.sweeps.figures import tell

_ASKS_FOR_MORE = re.compile(r"include|show|all[A-Z]|.*shared$|latestOnly|onlyAssociated|.*Details?$", re.IGNORECASE)
_ONE_KIND = re.compile(
    r"only (the )?[A-Z]{4,} [\w ]*(are|is) (returned|listed)|returns only [A-Z]{4,}"
    r"|(the )?default is (SELF|PRIVATE|LIVE|LATEST|IN_PROGRESS|User)\b"
    r"|primary workgroup|default event bus is used|only metric alarms|default cluster is assumed|Default: (LATEST_ONLY|ROOT|BASE)\b"
)
# These say more of the rows there are, cost a permission or a computation for it, or narrow the list.
_HIDES_NOTHING = {
    "autoscaling_auto_scaling_group.IncludeInstances",
    "autoscaling_auto_scaling_group.IncludeManagedResources",
    "autoscaling_auto_scaling_instance.IncludeManagedResources",
    "autoscaling_notification_configuration.IncludeManagedResources",
    "autoscaling_policy.IncludeManagedResources",
    "autoscaling_scaling_activity.IncludeManagedResources",
    "autoscaling_scheduled_action.IncludeManagedResources",
    "bedrock_agentcore_event.includePayloads",
    "clouddirectory_object_parent.IncludeAllLinksToEachParent",
    "cloudwatchomni_context_graph.includeMetadata",
    "cost_optimization_hub_recommendation.includeAllRecommendations",
    "datazone_rule.includeCascaded",
    "ec2_capacity_block_offering.AllAvailabilityZones",
    "ec2_image.IncludeDeprecated",
    "ec2_spot_placement_score.IncludeLocalZones",
    "elasticache_cache_cluster.ShowCacheClustersNotInReplicationGroups",
    "glue_workflow_run.IncludeGraph",
    "iam_service_specific_credential.AllUsers",
    "lakeformation_resource_lf_tag.ShowAssignedLFTags",
    "lambda_durable_execution_history.IncludeExecutionData",
    "neptunedata_loader_job.includeQueuedLoads",
    "opensearch_insight_detail.ShowHtmlContent",
    "polly_voice.IncludeAdditionalLanguageCodes",
    "resourcegroupstaggingapi_resource.IncludeComplianceDetails",
    "s3control_caller_access_grant.AllowedByApplication",
    "securityhub_remediations_v2.ShowGuidance",
    "stepfunctions_execution_history.includeExecutionData",
    "support_case.includeCommunications",
    "swf_closed_workflow_execution.closeStatusFilter",
    "workdocs_activity.IncludeIndirectActivities",
}


def optional_inputs(catalog: Catalog) -> Iterator[tuple[str, str, str, str, bool]]:
    """Table, member, its type, its documentation, and whether the overlay or the rules have decided it."""
    facts = overlay.load()
    known: dict[str, services.Service] = {}
    leaves = {(service, member) for (service, _), hint in facts.hints.items() for member in hint.leaves}
    for table in catalog.tables():
        for fetch in table.fetches:
            if len(table.name.parts) != 2 or fetch.role is not Role.LIST or fetch.service == "cloudcontrol":
                continue
            service = known.setdefault(fetch.service, services.load(fetch.service, facts.services.get(fetch.service, {})))
            shape = service.operation(fetch.operation).input_shape
            decided = {i.param.partition(".")[0] for i in fetch.inputs} | set(fetch.constants)
            for member, said in shape.members.items() if shape is not None else ():
                if member not in shape.required_members:
                    text = re.sub(r"<[^>]+>|\s+", " ", said.documentation)
                    is_decided = member in decided or (fetch.service, member) in leaves
                    yield str(table.name).removeprefix("aws."), member, said.type_name, re.sub(" +", " ", text), is_decided


def test_what_list_calls_hide_is_decided_for_each() -> None:
    booleans = kinds = 0
    undecided = []
    with Catalog.open() as catalog:
        inputs = list(optional_inputs(catalog))
    for table, member, kind, text, is_decided in inputs:
        is_more = kind == "boolean" and _ASKS_FOR_MORE.match(member) is not None
        is_kind = kind != "boolean" and _ONE_KIND.search(text) is not None
        booleans += is_more
        kinds += is_kind
        if (is_more or is_kind) and not is_decided and f"{table}.{member}" not in _HIDES_NOTHING:
            undecided.append(f"{table}.{member}")
    tell("what list calls leave out", {"inputs that ask for more": booleans, "that choose one kind": kinds, "undecided": len(undecided)})
    assert not undecided, " ".join(undecided)
