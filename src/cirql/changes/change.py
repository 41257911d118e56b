"""Rows to changes: what would be sent for one resource, checked against the schema before anything is.

Pure: the model that AWS returns now comes in, a `Change` comes out, or the error that says which column breaks which rule.
"""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cirql.catalog.model import Table
from cirql.catalog.rules import NativeWrite, PropertyPath, Rules
from cirql.changes.checks import Violation, violations
from cirql.changes.masking import named_secrets
from cirql.changes.model import Change, ChangeKind, Model, values_at
from cirql.changes.patch import apply_patch, carry_read_only, diff, parse_patch, touched
from cirql.changes.statements import delete_statement, insert_statement
from cirql.changes.values import to_property
from cirql.cloud.target import Target
from cirql.errors import InvalidProperty, InvalidText, NotSupported, UnknownColumn
from cirql.startup.records import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Drafter:
    """Makes the changes of one table in one target. `new_id` gives each its id, from which its client token follows."""

    table: Table
    rules: Rules
    target: Target
    new_id: Callable[[], str]

    @property
    def secrets(self) -> tuple[PropertyPath, ...]:
        """What is never shown: write-only properties, but for those that a native call can list."""
        listed = {n for w in self.rules.native for n in (w.property, w.single)}
        return tuple(p for p in self.rules.write_only if p[0] not in listed)

    def _secrets_in(self, *models: Mapping[str, Any] | None) -> tuple[PropertyPath, ...]:
        """What is never shown, and what has a name in these models that says that it should not be."""
        return tuple(dict.fromkeys((*self.secrets, *(path for model in models for path in named_secrets(model)))))

    # -- create

    def create(self, given: Mapping[str, Any], desired: Mapping[str, Any] | None = None) -> Change:
        """A new resource from values by property name (NULL is not given), over a whole desired state where there is one.

        Raises InvalidProperty; NotSupported where the type cannot be created.
        """
        self._need("create")
        model: Model = dict(desired or {})
        for name, value in given.items():
            if value is not None:
                model[name] = to_property(self.rules, name, value)
        for path in self.rules.read_only:
            if next(values_at(model, path), None) is not None:
                raise self._refusal(Violation(path, "read-only", "AWS sets it; it cannot be given"))
        self._check_known(model)
        self._check(violations(self.rules, model, self._secrets_in(model)))
        return self._change(ChangeKind.CREATE, self._identifier_of(model), model, None, model, "create")

    def _check_known(self, model: Mapping[str, Any]) -> None:
        for name in model:
            if name not in self.rules.properties:
                near = difflib.get_close_matches(name, list(self.rules.properties), n=3, cutoff=0.5)
                raise UnknownColumn(
                    f"{self.rules.type_name} has no property {name}", hint=f"did you mean {' or '.join(near)}?" if near else None
                )

    def _identifier_of(self, model: Model) -> str | None:
        parts = [next(values_at(model, path), None) for path in self.rules.identifier]
        return "|".join(map(str, parts)) if parts and all(p is not None for p in parts) else None

    # -- update

    def native_reads(self, identifier: str, before: Model, assigned: Mapping[str, Any]) -> list[tuple[NativeWrite, dict[str, Any]]]:
        """The native writes that an update takes, each with the inputs that say what is there now."""
        return [(write, self._native_inputs(identifier, before, write)) for write, _ in self._native_writes(assigned)]

    def replaceable(self, before: Model) -> list[str]:
        """The properties of a resource that an update may take away: none that AWS sets, that are fixed, or that cannot be left out."""
        kept = {p[0] for p in (*self.rules.read_only, *self.rules.create_only, *self.rules.identifier)}
        return [name for name in before if name not in kept and name not in self.rules.required]

    def update(
        self, identifier: str, before: Model, assigned: Mapping[str, Any], current: Mapping[str, Sequence[str]]
    ) -> tuple[Change, ...]:
        """What sets properties of one resource: a patch, native writes, or nothing where all is as wanted.

        `current` has the sets that `native_reads` led to, by property.

        Raises InvalidProperty for what an update may not touch or the schema forbids.
        """
        native = self._native_writes(assigned)
        own = {k: v for k, v in assigned.items() if k not in {n for w, _ in native for n in (w.property, w.single)}}
        after = copy.deepcopy(before)
        for name, value in own.items():
            if value is None:
                after.pop(name, None)
            else:
                after[name] = to_property(self.rules, name, value)
        carry_read_only(self.rules, before, after)
        self._refuse_fixed(identifier, before, after, own)
        self._check_update(before, after)
        changes: list[Change] = []
        operations = diff(self.rules, before, after)
        if operations:
            self._need("update")
            changes.append(self._change(ChangeKind.UPDATE, identifier, operations, before, after, "update"))
        for write, wanted in native:
            now = sorted(current[write.property])
            if now != wanted:
                changes.append(
                    self._native_change(identifier, self._native_inputs(identifier, before, write), write, (now, wanted), changes)
                )
        return tuple(changes)

    def patch(self, identifier: str, before: Model, document: str) -> tuple[Change, ...]:
        """A hand-written patch, sent exactly as it is once it is known to fit; nothing where it changes nothing.

        Raises InvalidText for a patch that does not fit, InvalidProperty for a result that the schema forbids.
        """
        self._need("update")
        operations = parse_patch(document)
        after = apply_patch(before, operations, self.rules.write_only)
        names = {n: after.get(n) for n in touched(operations)}
        self._check_known(names)
        self._refuse_fixed(identifier, before, after, names)
        self._check_update(before, after)
        if not diff(self.rules, before, after):
            return ()
        return (self._change(ChangeKind.UPDATE, identifier, operations, before, after, "update"),)

    def _native_writes(self, assigned: Mapping[str, Any]) -> list[tuple[NativeWrite, list[str]]]:
        found = []
        for write in self.rules.native:
            names = [n for n in (write.property, write.single) if n in assigned]
            if len(names) > 1:
                raise InvalidProperty(f"{self.table.name}: {self._column(names[0])} and {self._column(names[1])} are the same set; set one")
            if names:
                value = None if assigned[names[0]] is None else to_property(self.rules, names[0], assigned[names[0]])
                wanted = [] if value is None else value if isinstance(value, list) else [value]
                model = {write.property: wanted}
                self._check([v for v in violations(self.rules, model) if v.path[:1] == (write.property,)])
                found.append((write, sorted(set(wanted))))
        return found

    def _native_inputs(self, identifier: str, before: Model, write: NativeWrite) -> dict[str, Any]:
        inputs = {i.param: before.get(i.property) if i.property else identifier for i in write.inputs}
        if missing := [param for param, value in inputs.items() if value is None]:
            raise NotSupported(f"{self.table.name}: AWS does not say the {missing[0]} that {write.operation} needs")
        return inputs

    def _native_change(
        self, identifier: str, inputs: dict[str, Any], write: NativeWrite, sets: tuple[list[str], list[str]], first: Sequence[Change]
    ) -> Change:
        now, wanted = sets
        before, after = {write.property: now}, {write.property: wanted}
        return Change(
            id=self.new_id(),
            operation=ChangeKind.SET,
            table=str(self.table.name),
            type_name=self.rules.type_name,
            target=self.target,
            identifier=identifier,
            body=json.dumps({"write": asdict(write), "inputs": inputs, "wanted": wanted}, sort_keys=True),
            before=before,
            after=after,
            secrets=tuple(p for p in self._secrets_in(before, after) if p[0] == write.property),
            depends=tuple(c.id for c in first),
            permissions=write.permissions,
        )

    def _refuse_fixed(self, identifier: str, before: Model, after: Model, names: Mapping[str, Any]) -> None:
        """Refuse a change of what only AWS sets, or what only creation can set."""
        never_read = set(self.rules.write_only)
        for paths, rule, reason in (
            (self.rules.read_only, "read-only", "AWS sets it; it cannot be changed"),
            (self.rules.create_only, "create-only", "it is fixed when the resource is created"),
        ):
            for path in paths:
                if path[0] not in names:
                    continue
                unseen = path in never_read and names[path[0]] is not None
                if unseen or list(values_at(before, path)) != list(values_at(after, path)):
                    hint = self._recreate_hint(identifier, after) if rule == "create-only" else None
                    raise self._refusal(Violation(path, rule, reason), hint=hint)

    def _recreate_hint(self, identifier: str, after: Model) -> str:
        shown = {k: v for k, v in after.items() if (k,) not in self.rules.write_only}
        statements = delete_statement(self.table, self.target, identifier), insert_statement(self.table, self.rules, self.target, shown)
        return "to have it otherwise it must be replaced: " + " ".join(statements)

    def _check_update(self, before: Model, after: Model) -> None:
        """Only what the change itself breaks: AWS returns models that its own schemas do not allow."""
        found = violations(self.rules, after, self._secrets_in(after))
        for violation in found:
            if violation.rule == "required" and self._is_never_read(violation.path):
                problem = "AWS does not return it and needs it again with every update; set it too"
                if violation.path in self.rules.create_only:
                    problem = "AWS needs it again with every update, never returns it and fixes it at creation: this type cannot be updated"
                raise self._refusal(Violation(violation.path, "required, write-only", problem))
        old = set(map(str, violations(self.rules, before, self._secrets_in(before))))
        self._check([v for v in found if str(v) not in old])

    def _is_never_read(self, path: PropertyPath) -> bool:
        names = tuple("*" if part.isdigit() else part for part in path)
        bare = tuple(part for part in names if part != "*")
        return any(p in (names, bare) for p in self.rules.write_only)

    # -- delete

    def delete(self, identifier: str, before: Model | None) -> Change:
        """The end of one resource. Raises NotSupported where the type cannot be deleted."""
        self._need("delete")
        return self._change(ChangeKind.DELETE, identifier, None, before, None, "delete")

    # -- shared

    def _need(self, verb: str) -> None:
        if not self.table.permissions.get(verb) and not any(m.name.startswith(f"{verb}_resource") for m in self.table.methods):
            raise NotSupported(f"AWS cannot {verb} {self.rules.type_name} through Cloud Control", hint="EXEC runs the service's own calls")

    def _change(
        self, operation: ChangeKind, identifier: str | None, body: Any, before: Model | None, after: Model | None, verb: str
    ) -> Change:
        needed = (f"cloudformation:{verb.capitalize()}Resource", *self.table.permissions.get(verb, ()))
        reading = () if operation is ChangeKind.CREATE else ("cloudformation:GetResource", *self.table.permissions.get("read", ()))
        return Change(
            id=self.new_id(),
            operation=operation,
            table=str(self.table.name),
            type_name=self.rules.type_name,
            target=self.target,
            identifier=identifier,
            body="" if body is None else json.dumps(body, ensure_ascii=False),
            before=before,
            after=after,
            secrets=self._secrets_in(before, after),
            permissions=tuple(dict.fromkeys((*needed, *reading))),
        )

    def _column(self, member: str) -> str:
        return next((c.name for c in self.table.columns if c.member == member), member)

    def _check(self, found: Sequence[Violation]) -> None:
        if found:
            raise self._refusal(found[0], more=found[1:])

    def _refusal(self, violation: Violation, *, more: Sequence[Violation] = (), hint: str | None = None) -> InvalidProperty:
        path = (self._column(violation.path[0]), *violation.path[1:]) if violation.path else ()
        others = f" (and {len(more)} more: {'; '.join(map(str, more[:3]))})" if more else ""
        return InvalidProperty(f"{self.table.name}: {Violation(path, violation.rule, violation.problem)}{others}", hint=hint)


def read_desired_state(value: Any) -> Model:
    """`data__DesiredState`: a JSON object, as text or already read. Raises InvalidText."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise InvalidText(f"data__DesiredState is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidText("data__DesiredState is a JSON object with CloudFormation's property names")
    return value
