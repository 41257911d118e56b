"""Every place that a model marks sensitive, in the inputs of all operations of all services: nothing told there is shown."""

from __future__ import annotations

import json
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from cirql.changes.masking import sensitive_members
from cirql.changes.model import mask
from tests.sweeps.figures import tell


def test_every_sensitive_input_of_every_operation_is_masked() -> None:
    loader = Loader()
    count = 0
    for service in loader.list_available_services("service-2"):
        model = ServiceModel(loader.load_service_model(service, "service-2"), service)
        for name in model.operation_names:
            for path in sensitive_members(model.operation_model(name).input_shape):
                count += 1
                body: Any = "canary"
                for part in reversed(path):
                    body = [body] if part == "*" else {part: body}
                assert isinstance(body, dict)
                assert "canary" not in json.dumps(mask(body, (path,))), (service, name, path)
    tell("sensitive inputs", {"places": count, "shown": 0})
    assert count > 4_000
