"""Which representation a client wants: from the Accept header to a media type with its transformation.

Source: Kubernetes, apiserver, negotiation of endpoint output media types.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from lab.apiserver.core.errors import ApiError

JSON = "application/json"
YAML = "application/yaml"
_JSON_LIKE = ("application/json", "application/*", "*/*")
_AS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type with its parameters."""

    name: str
    parameters: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str:
        """A parameter or the empty string."""
        return next((value for name, value in self.parameters if name == key), "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The outcome: JSON or YAML, and `view` being empty, Table or one of the PartialObjectMetadata kinds."""

    media_type: str = JSON
    view: str = ""
    version: str = "v1"


@lru_cache(maxsize=512)
def media_types(header: str) -> tuple[MediaType, ...]:
    """The header's media types, best quality first, in the order given."""
    found: list[tuple[float, int, MediaType]] = []
    for position, part in enumerate(header.replace("\n", ",").split(",")):
        name, *rest = [piece.strip() for piece in part.split(";")]
        if not name:
            continue
        parameters = tuple(
            (key.strip().lower(), value.strip().strip('"'))
            for key, _, value in (piece.partition("=") for piece in rest)
        )
        media = MediaType(name.lower(), parameters)
        found.append((-_quality(media.get("q")), position, media))
    return tuple(media for _, _, media in sorted(found, key=lambda item: item[:2]))


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 1.0


@lru_cache(maxsize=512)
def negotiate(header: str) -> Wanted:
    """What to send for an Accept header; an empty one means JSON. Raises ApiError 406."""
    if not header.strip():
        return Wanted()
    refused_view = False
    for media in media_types(header):
        view = media.get("as")
        if view and (view not in _AS or media.get("g") != "meta.k8s.io" or media.get("v") not in ("v1", "v1beta1")):
            refused_view = refused_view or media.name in _JSON_LIKE
            continue
        if media.name in _JSON_LIKE:
            return Wanted(JSON, view, media.get("v") or "v1")
        if media.name in (YAML, "text/yaml", "application/x-yaml"):
            return Wanted(YAML, view, media.get("v") or "v1")
    raise not_acceptable() if refused_view else _unknown_form()


_SPOKEN = "application/json, application/yaml, application/vnd.kubernetes.protobuf"


def not_acceptable() -> ApiError:
    """406 with the media types that the server speaks."""
    return ApiError(406, "NotAcceptable", f"only the following media types are accepted: {_SPOKEN}")


def _unknown_form() -> ApiError:
    """406 where no form of a resource is wanted that the server knows."""
    refusal = ApiError(
        406,
        "NotAcceptable",
        f"406: Not Acceptable\n\nAvailable representations: {_SPOKEN}, application/json;stream=watch, "
        "application/vnd.kubernetes.protobuf;stream=watch",
    )
    refusal.generic = True
    return refusal
