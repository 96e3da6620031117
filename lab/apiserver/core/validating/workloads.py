"""Faults of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs.

Source: Kubernetes, pkg/apis/apps/validation and pkg/apis/batch/validation.
"""

from __future__ import annotations

import re
from typing import Any

from lab.apiserver.core import field_errors as fe
from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.validating import names
from lab.apiserver.core.validating.metadata import labels_faults
from lab.apiserver.core.validating.pods import template_faults

_MIN = "must be greater than or equal to 0"
_IMMUTABLE = "field is immutable"
_NO_MATCH = "`selector` does not match template `labels`"
_SET_CHANGEABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def not_negative(spec: dict[str, Any], keys: tuple[str, ...], path: str) -> list[FieldError]:
    """Faults for numbers below zero."""
    return [fe.invalid(f"{path}.{key}", spec[key], _MIN) for key in keys if (spec.get(key) or 0) < 0]


def selector_faults(selector: dict[str, Any], path: str) -> list[FieldError]:
    """Faults of a label selector."""
    faults = labels_faults(selector.get("matchLabels") or {}, f"{path}.matchLabels")
    for index, term in enumerate(selector.get("matchExpressions") or []):
        where = f"{path}.matchExpressions[{index}]"
        operator, values = term.get("operator", ""), term.get("values") or []
        if operator in ("In", "NotIn"):
            if not values:
                rule = "must be specified when `operator` is 'In' or 'NotIn'"
                faults.append(fe.required(f"{where}.values", rule))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                rule = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                faults.append(fe.forbidden(f"{where}.values", rule))
        else:
            faults.append(fe.invalid(f"{where}.operator", operator, "not a valid selector operator"))
        key = term.get("key", "")
        faults += [fe.invalid(f"{where}.key", key, fault) for fault in names.qualified_name(key)]
    return faults


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a label selector matches these labels."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for term in selector.get("matchExpressions") or []:
        found = labels.get(term.get("key", ""))
        inside = found is not None and found in (term.get("values") or [])
        match term.get("operator"):
            case "In" if not inside:
                return False
            case "NotIn" if inside:
                return False
            case "Exists" if found is None:
                return False
            case "DoesNotExist" if found is not None:
                return False
    return True


def _selected_template(spec: dict[str, Any], word: str, *, first: list[FieldError]) -> list[FieldError]:
    """Faults of selector and template, which must fit each other."""
    faults = first
    selector = spec.get("selector")
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    mismatch = fe.invalid("spec.template.metadata.labels", labels, _NO_MATCH)
    if selector is None:
        if word != "daemonset":
            faults.append(fe.required("spec.selector"))
        faults.append(mismatch)
    else:
        wrong = selector_faults(selector, "spec.selector")
        faults += wrong
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            faults.append(fe.invalid("spec.selector", selector, f"empty selector is invalid for {word}"))
        elif any(".matchExpressions" in fault.field for fault in wrong):
            if word != "daemonset":
                detail = "" if word == "statefulset" else "invalid label selector"
                return [*faults, fe.invalid("spec.selector", selector, detail)]
        elif not matches(selector, labels):
            faults.append(mismatch)
    claims = [claim["metadata"].get("name", "") for claim in spec.get("volumeClaimTemplates") or ()]
    faults += template_faults(template, "spec.template", claims)
    policy = (template.get("spec") or {}).get("restartPolicy", "")
    if policy != "Always":
        faults.append(fe.not_supported("spec.template.spec.restartPolicy", policy, ("Always",)))
    return faults


def _selector_kept(spec: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    if old is None or spec.get("selector") == old["spec"].get("selector"):
        return []
    return [fe.invalid("spec.selector", spec.get("selector"), _IMMUTABLE)]


def deployment_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a Deployment."""
    spec = obj.get("spec") or {}
    faults = _selected_template(spec, "deployment", first=not_negative(spec, ("replicas",), "spec"))
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        if strategy.get("rollingUpdate") is not None:
            rule = "may not be specified when strategy `type` is 'Recreate'"
            faults.append(fe.forbidden("spec.strategy.rollingUpdate", rule))
    elif strategy.get("type") == "RollingUpdate":
        faults += _rolling_faults(strategy.get("rollingUpdate") or {}, "spec.strategy.rollingUpdate")
    else:
        shown = fe.Shown(f'{{"Type":{fe.quoted(strategy.get("type", ""))},"RollingUpdate":null}}')
        faults.append(fe.not_supported("spec.strategy", shown, ("Recreate", "RollingUpdate")))
    faults += not_negative(spec, ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"), "spec")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        faults.append(fe.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))
    return faults + _selector_kept(spec, old)


def _rolling_faults(rolling: dict[str, Any], path: str) -> list[FieldError]:
    faults = []
    for key in ("maxUnavailable", "maxSurge"):
        faults += _amount_faults(rolling.get(key, 0), f"{path}.{key}")
    if _amount(rolling.get("maxUnavailable", 0)) == 0 and _amount(rolling.get("maxSurge", 0)) == 0:
        rule = "may not be 0 when `maxSurge` is 0"
        faults.append(fe.invalid(f"{path}.maxUnavailable", rolling.get("maxUnavailable", 0), rule))
    unavailable = rolling.get("maxUnavailable", 0)
    if isinstance(unavailable, str) and _amount(unavailable) > 100:
        faults.append(fe.invalid(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%"))
    return faults


def _amount_faults(value: Any, path: str) -> list[FieldError]:
    if isinstance(value, str):
        if not re.fullmatch("[0-9]+%", value):
            rule = (
                "a valid percent string must be a numeric string followed by an ending '%' "
                "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
            )
            return [fe.invalid(path, value, rule)]
        return []
    return [fe.invalid(path, value, _MIN)] if value < 0 else []


def _amount(value: Any) -> int:
    if isinstance(value, str):
        return int(value[:-1]) if re.fullmatch("[0-9]+%", value) else 0
    return int(value)


def replica_set_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a ReplicaSet."""
    spec = obj.get("spec") or {}
    first = not_negative(spec, ("replicas", "minReadySeconds"), "spec")
    return _selected_template(spec, "deployment", first=first) + _selector_kept(spec, old)


def daemon_set_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a DaemonSet."""
    spec = obj.get("spec") or {}
    faults = _selected_template(spec, "daemonset", first=[])
    return faults + not_negative(spec, ("minReadySeconds", "revisionHistoryLimit"), "spec") + _selector_kept(spec, old)


def stateful_set_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a StatefulSet."""
    spec = obj.get("spec") or {}
    faults = []
    if spec.get("podManagementPolicy") not in ("OrderedReady", "Parallel"):
        rule = "must be 'OrderedReady' or 'Parallel'"
        faults.append(fe.invalid("spec.podManagementPolicy", spec.get("podManagementPolicy", ""), rule))
    faults += not_negative(spec, ("replicas", "minReadySeconds"), "spec")
    faults = _selected_template(spec, "statefulset", first=faults)
    if old is not None and _kept(spec) != _kept(old["spec"]):
        rule = (
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
            "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        )
        faults.append(fe.forbidden("spec", rule))
    return faults


def _kept(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in _SET_CHANGEABLE}


def job_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a Job; its selector and labels are the server's to fill in."""
    spec = obj.get("spec") or {}
    faults = _job_spec_faults(spec, "spec")
    if old is not None:
        before = old["spec"]
        for key in (
            "completions",
            "selector",
            "template",
            "completionMode",
            "podFailurePolicy",
            "backoffLimitPerIndex",
        ):
            if spec.get(key) != before.get(key):
                faults.append(fe.invalid(f"spec.{key}", spec.get(key), _IMMUTABLE))
    return faults


def _job_spec_faults(spec: dict[str, Any], path: str) -> list[FieldError]:
    keys = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
    faults = not_negative(spec, keys, path)
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        rule = "when completion mode is Indexed"
        faults.append(fe.required(f"{path}.completions", rule))
    template = spec.get("template") or {}
    faults += template_faults(template, f"{path}.template")
    policy = (template.get("spec") or {}).get("restartPolicy", "")
    if policy in ("", "Always"):
        where = f"{path}.template.spec.restartPolicy"
        faults.append(fe.required(where, 'valid values: "OnFailure", "Never"'))
    elif policy not in ("OnFailure", "Never"):
        faults.append(fe.not_supported(f"{path}.template.spec.restartPolicy", policy, ("OnFailure", "Never")))
    return faults


_CRON_FIELD = re.compile(r"[\d*?/,A-Za-z-]+")


def cron_job_faults(obj: dict[str, Any], _old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a CronJob."""
    spec = obj.get("spec") or {}
    faults = _job_spec_faults((spec.get("jobTemplate") or {}).get("spec") or {}, "spec.jobTemplate.spec")
    schedule = spec.get("schedule", "")
    if not schedule:
        faults.append(fe.required("spec.schedule"))
    elif not schedule.startswith("@") and "TZ" not in schedule:
        fields = schedule.split()
        if len(fields) != 5:
            listed = " ".join(fields)
            text = f"expected exactly 5 fields, found {len(fields)}: [{listed}]"
            faults.append(fe.invalid("spec.schedule", schedule, text))
        elif not all(_CRON_FIELD.fullmatch(field) for field in fields):
            faults.append(fe.invalid("spec.schedule", schedule, "failed to parse the schedule"))
    if spec.get("concurrencyPolicy") not in ("Allow", "Forbid", "Replace"):
        kinds = ("Allow", "Forbid", "Replace")
        faults.append(fe.not_supported("spec.concurrencyPolicy", spec.get("concurrencyPolicy", ""), kinds))
    keys = ("successfulJobsHistoryLimit", "failedJobsHistoryLimit", "startingDeadlineSeconds")
    return faults + not_negative(spec, keys, "spec")
