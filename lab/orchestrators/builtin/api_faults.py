"""Refusals of the engine as the API answers them.

Source: Porch, error classes: what its engine raises reaches clients as HTTP 500, what validation finds as HTTP 422.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab.apiserver.core import field_errors
from lab.apiserver.core.errors import ApiError, conflict, invalid
from lab.errors.base import LabError
from lab.git.failures import GitFailure
from lab.orchestrators.builtin.creation_rules import InvalidName, Refused
from lab.orchestrators.builtin.engine import Missing
from lab.orchestrators.builtin.git_steps import Moved
from lab.orchestrators.builtin.lifecycle import NotAllowed
from lab.orchestrators.builtin.objects import GROUP
from lab.orchestrators.builtin.rendering import RenderRefused
from lab.orchestrators.builtin.turns import Busy
from lab.render.resources import PackageFault

_NOT_PUSHED = (
    "rror rendering package in kpt function pipeline. Package NOT pushed to remote. Fix locally (until 'kpt fn render' "
    "succeeds) and retry. Details: "
)
_PUSHED = "rror rendering package in kpt function pipeline. Package pushed to remote despite render failure. Details: "


@contextmanager
def answered(group_resource: str, kind: str, name: str, value: str = "") -> Iterator[None]:
    """Turn what the engine raises into ApiError; `value` is the lifecycle that a refused step was about."""
    try:
        yield
    except NotAllowed as error:
        fault = field_errors.invalid("spec.lifecycle", value, str(error))
        raise invalid(GROUP, kind, name, [fault]) from error
    except InvalidName as error:
        raise invalid(GROUP, kind, "", [field_errors.invalid("spec.packageName", name, str(error))]) from error
    except Missing as error:
        plural, _, rest = str(error).partition(".")
        found = rest.partition('"')[2].partition('"')[0]
        raise ApiError(404, "NotFound", str(error), group=rest.partition(" ")[0], kind=plural, name=found) from error
    except Busy as error:
        raise conflict(group_resource, name, str(error)) from error
    except (Refused, PackageFault, Moved) as error:
        raise internal(str(error)) from error
    except RenderRefused as error:
        raise internal(render_text(error, capital=kind == "PackageRevision")) from error
    except GitFailure as error:
        raise internal(error.message) from error
    except LabError as error:
        raise internal(f"{error.what} {error.why}".strip()) from error


def render_text(error: RenderRefused, *, capital: bool) -> str:
    """Porch's sentence about a render that failed; `capital` as for PackageRevisions."""
    return ("E" if capital else "e") + (_PUSHED if error.stored else _NOT_PUSHED) + str(error)


def internal(message: str) -> ApiError:
    """500."""
    return ApiError(500, "InternalError", f"Internal error occurred: {message}")
