"""JSON Web Tokens signed with ES256, as ServiceAccount tokens are.

Source: RFC 7515 and RFC 7518 section 3.4; Kubernetes, bound service account tokens.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, cast

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

_WIDTH = 32


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def sign(claims: dict[str, Any], key: ec.EllipticCurvePrivateKey, key_id: str) -> str:
    """A compact token over the claims."""
    head = _b64(orjson.dumps({"alg": "ES256", "kid": key_id}))
    content = f"{head}.{_b64(orjson.dumps(claims))}"
    r, s = decode_dss_signature(key.sign(content.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{content}.{_b64(r.to_bytes(_WIDTH, 'big') + s.to_bytes(_WIDTH, 'big'))}"


def verify(token: str, key: ec.EllipticCurvePublicKey) -> dict[str, Any] | None:
    """The claims of a token that this key signed, or None. Times and audiences are the caller's to check."""
    try:
        head, body, signature = token.split(".")
        if orjson.loads(_unb64(head)).get("alg") != "ES256":
            return None
        raw = _unb64(signature)
        if len(raw) != 2 * _WIDTH:
            return None
        der = encode_dss_signature(int.from_bytes(raw[:_WIDTH], "big"), int.from_bytes(raw[_WIDTH:], "big"))
        key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
        claims = orjson.loads(_unb64(body))
    except (ValueError, binascii.Error, InvalidSignature, AttributeError):
        return None
    return cast("dict[str, Any]", claims) if isinstance(claims, dict) else None
