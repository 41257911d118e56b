"""`LocalCloud`: one loopback endpoint that answers as AWS does, for the demo and for tests.

A request goes caller -> operation -> faults -> our own services, else moto -> the call log.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from cirql.localcloud.app_image_configs import AppImageConfigs
from cirql.localcloud.calls import CallLog, ServedCall
from cirql.localcloud.cloudcontrol import CloudControl
from cirql.localcloud.control import answer_control, is_control
from cirql.localcloud.demo import seed_images
from cirql.localcloud.faults import ERROR_KINDS, Faults, Spoiling, fault_error
from cirql.localcloud.identity import Caller, answer_caller_identity, read_caller
from cirql.localcloud.images import AccountRegion, ImageStore
from cirql.localcloud.listener import HOST, HttpAnswer, HttpRequest, Listener, NoAnswerError, refuse_few_files
from cirql.localcloud.moto_names import with_older_name
from cirql.localcloud.moto_services import MotoServices
from cirql.localcloud.native_types import native_types
from cirql.localcloud.operations import identify, read_parameters
from cirql.localcloud.registry import answer_registry
from cirql.localcloud.sagemaker import SageMakerImages
from cirql.localcloud.tagging import TaggingApi
from cirql.localcloud.trail import Trail
from cirql.localcloud.wire import ServiceError, WireOperation, render_error
from cirql.startup.records import replace

_ALONE = frozenset(
    {("cloudtrail", "LookupEvents"), ("sts", "GetCallerIdentity"), ("cloudformation", "ListTypes"), ("cloudformation", "DescribeType")}
)
_GARBAGE = HttpAnswer(200, (("Content-Type", "text/html"),), b"<html><body>\xff\xfeThis is not the service you asked for.")


class LocalCloud:
    """A local AWS on `127.0.0.1`, running inside a `with` block or between `start` and `stop`.

    ::

        with LocalCloud() as cloud:
            client = boto3.client("sagemaker", endpoint_url=cloud.endpoint_url, aws_access_key_id="111111111111", ...)
            client.list_images()
            assert cloud.calls.counts() == {"sagemaker:ListImages": 1}

    `port` 0 takes any free port. `demo` fills it with the demo world (`demo.py`); moto's part is made when a service of it
    is first asked. `settle_looks` and `settle_seconds` say how long asynchronous work lasts: until it was looked at
    (described, or its request polled) that often, or that long, whichever is first. moto's state belongs to the process: of two clouds
    in one process, the one that uses a moto service later starts that part anew.
    """

    def __init__(
        self,
        port: int = 0,
        demo: bool = True,
        *,
        settle_looks: int = 1,
        settle_seconds: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.calls = CallLog()
        self.faults = Faults()
        self._clock = clock
        self._demo = demo
        self._stopping = threading.Event()
        self._images = ImageStore(clock, settle_looks, settle_seconds)
        self._sagemaker = SageMakerImages(self._images)
        self._app_image_configs = AppImageConfigs(clock)
        self._cloudcontrol = CloudControl(self._images, self._serve_within, clock, settle_looks, settle_seconds)
        self._moto = MotoServices(demo=demo)
        self._trail = Trail(clock)
        self._port = port
        self._listener: Listener | None = None
        self.reset()

    @property
    def endpoint_url(self) -> str:
        """The address to use as `AWS_ENDPOINT_URL`, `http://127.0.0.1:<port>`."""
        return f"http://{HOST}:{self.port}"

    @property
    def port(self) -> int:
        """The port it listens on, the wanted one before `start`."""
        return self._listener.port if self._listener else self._port

    def start(self) -> LocalCloud:
        """Begin to answer. Raises OSError when the port is taken, OperationalError where the process may open too few connections."""
        refuse_few_files()
        self._stopping.clear()
        self._listener = Listener(self._port, self.answer)
        self._listener.start()
        return self

    def stop(self) -> None:
        """Close the port and end every thread; calls that hang are released first."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def __enter__(self) -> LocalCloud:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def reset(self) -> None:
        """Back to the first state: the demo world, no faults, an empty call log."""
        self.faults.clear()
        self.calls.clear()
        self._images.clear()
        self._app_image_configs.clear()
        self._cloudcontrol.clear()
        self._moto.clear()
        self._trail.clear()
        if self._demo:
            seed_images(self._images)

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer to one HTTP request. Raises NoAnswerError where the connection is to be closed without one."""
        if is_control(request):
            return answer_control(request, self)
        cleared = self.calls.cleared
        caller = self._moto.resolve_account(read_caller(request))
        operation = identify(request, caller.service)
        verdict = self.faults.judge(caller, operation)
        if verdict.delay:
            self._stopping.wait(verdict.delay)
        try:
            answer = self._answer_judged(request, caller, operation, verdict)
        except NoAnswerError:
            self._log(caller, operation, 0, verdict, cleared)
            raise
        self._log(caller, operation, answer.status, verdict, cleared)
        return answer

    def serves(self, service: str, operation: str, params: Mapping[str, Any]) -> bool:
        """Whether it answers that itself, without moto."""
        match service:
            case "cloudcontrol":
                return params.get("TypeName") not in native_types()
            case "sagemaker":
                return self._sagemaker.serves(operation) or self._app_image_configs.serves(operation)
            case "resourcegroupstaggingapi":
                return operation == "GetResources"
        return (service, operation) in _ALONE

    def _answer_judged(self, request: HttpRequest, caller: Caller, operation: WireOperation, verdict: Spoiling) -> HttpAnswer:
        rule = verdict.spoiler
        if rule is None:
            return self._serve(request, caller, operation, verdict.page_limit)
        if rule.kind in ERROR_KINDS:
            return render_error(operation, fault_error(rule, caller, operation))
        if rule.kind == "drop":
            raise NoAnswerError
        if rule.kind == "hang":
            self._stopping.wait(rule.seconds)
            raise NoAnswerError
        answer = self._serve(request, caller, operation, verdict.page_limit)
        if rule.kind == "garbage":
            return _GARBAGE
        if rule.kind == "empty_body":
            return HttpAnswer(200, tuple(h for h in answer.headers if h[0].lower() != "content-length"), b"")
        return HttpAnswer(answer.status, answer.headers, answer.body, cut=True)

    def _serve(self, request: HttpRequest, caller: Caller, operation: WireOperation, page_limit: int | None) -> HttpAnswer:
        """Our own services first, then moto; an error of either in the protocol of the request."""
        place = AccountRegion(caller.account, caller.region)
        try:
            answer: HttpAnswer | None = None
            if operation.service == "cloudcontrol":
                return self._cloudcontrol.answer(place, operation.name, request.body, page_limit)
            if operation.service == "sagemaker":
                asked = (place, operation.name, request.body, page_limit)
                answer = self._sagemaker.answer(*asked) or self._app_image_configs.answer(*asked)
            elif operation.service == "resourcegroupstaggingapi":
                tagging = TaggingApi(self._serve_within, self._cloudcontrol.tagged)
                answer = tagging.answer(place, operation, request.body, page_limit)
            elif operation.service == "cloudtrail":
                answer = self._trail.answer(place, operation, request.body, page_limit)
            elif operation.service == "cloudformation":
                answer = answer_registry(place, operation.name, read_parameters(request))
            elif operation.service == "sts" and operation.name == "GetCallerIdentity" and caller.access_key == caller.account:
                answer = answer_caller_identity(caller)
            return answer or self._moto.answer(with_older_name(request, operation), caller, operation, page_limit)
        except ServiceError as error:
            return render_error(operation, error)

    def _serve_within(self, request: HttpRequest, caller: Caller) -> HttpAnswer:
        """The answer to a question that one service asks another: not logged, and without faults."""
        # Some answers hold addresses (a queue's URL): they are those that a caller from outside gets.
        request = replace(request, headers={**request.headers, "host": f"{HOST}:{self.port}"})
        operation = identify(request, caller.service)
        answer = self._serve(request, caller, operation, None)
        self._trail.add(caller, operation, answer.status)
        return answer

    def _log(self, caller: Caller, operation: WireOperation, status: int, verdict: Spoiling, cleared: int) -> None:
        call = ServedCall(self._clock(), caller.account, caller.region, operation.service, operation.name, status, verdict.kind)
        self.calls.add(call, cleared)
        self._trail.add(caller, operation, status)
