"""The two published pages that define the job, column by column."""

from __future__ import annotations

import re

from botocore.loaders import Loader
from botocore.model import ServiceModel

from cirql.catalog.lookup import Catalog
from cirql.catalog.model import Role
from cirql.catalog.pages import page, permission_verbs, select_example

DATASET = [
    ("_key", "string"),
    ("account_id", "string"),
    ("base_image", "string"),
    ("container_image", "string"),
    ("creation_time", "timestamp"),
    ("failure_reason", "string"),
    ("horovod", "bool"),
    ("image_arn", "string"),
    ("image_version_arn", "string"),
    ("image_version_status", "string"),
    ("job_type", "string"),
    ("last_modified_time", "timestamp"),
    ("ml_framework", "string"),
    ("processor", "string"),
    ("programming_lang", "string"),
    ("release_notes", "string"),
    ("tags", "hstore_csv"),
    ("vendor_guidance", "string"),
    ("version", "int64"),
]

RESOURCE = [
    ("image_name", "string"),
    ("image_arn", "string"),
    ("image_version_arn", "string"),
    ("base_image", "string"),
    ("container_image", "string"),
    ("version", "integer"),
    ("alias", "string"),
    ("aliases", "array"),
    ("vendor_guidance", "string"),
    ("job_type", "string"),
    ("ml_framework", "string"),
    ("programming_lang", "string"),
    ("processor", "string"),
    ("horovod", "boolean"),
    ("release_notes", "string"),
    ("region", "string"),
]

SELECT = """\
SELECT
region,
image_name,
image_arn,
image_version_arn,
base_image,
container_image,
version,
alias,
aliases,
vendor_guidance,
job_type,
ml_framework,
programming_lang,
processor,
horovod,
release_notes
FROM aws.sagemaker.image_version
WHERE region = 'us-east-1' AND data__Identifier = '<ImageVersionArn>';"""


def bare(text: str) -> str:
    return re.sub(r"\s|<[^>]*>", "", text)


def test_the_dataset_has_the_pages_columns_in_order(catalog: Catalog) -> None:
    found = catalog.find("aws.sagemaker_image_version")
    assert [(c.name, c.declared) for c in found.star] == DATASET
    assert found.table.title == "SageMaker Image Version"


def test_the_datasets_descriptions_are_botocores_text(catalog: Catalog) -> None:
    model = ServiceModel(Loader().load_service_model("sagemaker", "service-2"))
    members = model.shape_for("DescribeImageVersionResponse").members
    described = {c.member: c.description for c in catalog.find("aws.sagemaker_image_version").star if c.member}
    assert described.keys() == members.keys()
    for member, description in described.items():
        assert description
        assert bare(description) == bare(members[member].documentation)
        assert "<p>" not in description


def test_the_dataset_is_read_as_the_page_implies(catalog: Catalog) -> None:
    table = catalog.find("aws.sagemaker_image_version").table
    calls = [(f.role, f.operation, [(i.param, i.column) for i in f.inputs if i.required]) for f in table.fetches]
    assert calls == [
        (Role.LIST, "ListImageVersions", [("ImageName", "image_name")]),
        (Role.GET, "DescribeImageVersion", [("ImageName", "image_name"), ("Version", "version")]),
        (Role.ENRICH, "ListTags", [("ResourceArn", "image_version_arn")]),
    ]
    assert [(p.column, str(p.table), p.source) for p in table.parents] == [("image_name", "aws.sagemaker_image", "image_name")]
    assert table.fetches[0].paging is not None
    assert (table.fetches[0].paging.limit, table.fetches[0].paging.size) == ("MaxResults", 100)
    assert table.key == ("image_version_arn",)
    image_name = table.column("image_name")
    assert image_name is not None
    assert image_name.hidden


def test_the_resource_has_the_pages_fields_in_order(catalog: Catalog) -> None:
    found = catalog.find("aws.sagemaker.image_version")
    assert [(c.name, c.declared) for c in found.fields] == RESOURCE
    assert found.table.description == "Resource Type definition for AWS::SageMaker::ImageVersion"


def test_the_resources_methods_are_the_pages(catalog: Catalog) -> None:
    singular = catalog.find("aws.sagemaker.image_version")
    assert [(m.name, m.verb, m.required) for m in singular.methods] == [
        ("update_resource", "UPDATE", ("data__Identifier", "data__PatchDocument", "region")),
        ("get_resource", "SELECT", ("data__Identifier", "region")),
    ]
    plural = catalog.find("aws.sagemaker.image_versions")
    assert [(m.name, m.verb, m.required) for m in plural.methods] == [
        ("create_resource", "INSERT", ("ImageName", "BaseImage", "region")),
        ("delete_resource", "DELETE", ("data__Identifier", "region")),
        ("update_resource", "UPDATE", ("data__Identifier", "data__PatchDocument", "region")),
        ("list_resources", "SELECT", ("region",)),
        ("get_resource", "SELECT", ("data__Identifier", "region")),
    ]


def test_the_page_of_a_plural_has_all_that_the_type_has_though_its_star_is_what_the_list_gives(catalog: Catalog) -> None:
    plural = catalog.find("aws.sagemaker.image_versions")
    assert [(c.name, c.declared) for c in plural.fields] == RESOURCE
    assert [c.name for c in plural.star] == ["region", "image_version_arn"]
    assert permission_verbs(plural) == ("create", "read", "update", "delete", "list")
    shown = page(plural)
    assert "image_version_arn" in shown and "vendor_guidance" in shown
    one = catalog.find("aws.sagemaker.image_versions_list_only")
    assert [c.name for c in one.fields] == ["image_version_arn", "region"]
    assert [m.name for m in one.methods] == ["list_resources"]


def test_the_resources_permissions_are_the_pages(catalog: Catalog) -> None:
    found = catalog.find("aws.sagemaker.image_version")
    assert {verb: found.table.permissions[verb] for verb in permission_verbs(found)} == {
        "read": ("sagemaker:DescribeImageVersion",),
        "update": ("sagemaker:UpdateImageVersion", "sagemaker:DescribeImageVersion", "sagemaker:ListAliases"),
    }


def test_the_resources_example_is_the_pages(catalog: Catalog) -> None:
    assert select_example(catalog.find("aws.sagemaker.image_version")) == SELECT


def test_aliases_are_read_by_a_call_of_their_own_that_may_be_denied(catalog: Catalog) -> None:
    table = catalog.find("aws.sagemaker.image_version").table
    get = next(f for f in table.fetches if f.name == "get")
    assert {"alias", "aliases"}.isdisjoint(get.gives)
    aliases = next(f for f in table.fetches if f.name == "aliases")
    assert aliases.operation == "ListAliases"
    assert aliases.tolerated
    assert aliases.collect
    assert {o.column: o.reading for o in aliases.outputs} == {"aliases": "list", "alias": "only"}


def test_a_version_is_named_by_its_arn_in_both_schemes(catalog: Catalog) -> None:
    for name in ("aws.sagemaker.image_version", "aws.sagemaker_image_version"):
        arn = catalog.find(name).table.arn
        assert arn is not None
        assert arn.column == "image_version_arn"
        assert arn.template == "arn:{partition}:sagemaker:{region}:{account_id}:image-version/{image_name}/{version}"


def test_both_pages_print_every_field_and_method(catalog: Catalog) -> None:
    dataset = page(catalog.find("aws.sagemaker_image_version"))
    assert re.findall(r"^\| (\w+) \| core \| (\w+) \|", dataset, re.MULTILINE) == DATASET
    resource = page(catalog.find("aws.sagemaker.image_version"))
    fields = resource.partition("## Fields")[2].partition("## Methods")[0]
    assert re.findall(r"^\| `(\w+)` \| `(\w+)` \|", fields, re.MULTILINE) == RESOURCE
    assert "| `update_resource` | `UPDATE` | `data__Identifier, data__PatchDocument, region` |" in resource
    assert "### Update\n\n```json\nsagemaker:UpdateImageVersion,\nsagemaker:DescribeImageVersion,\nsagemaker:ListAliases\n```" in resource
    assert SELECT in resource
