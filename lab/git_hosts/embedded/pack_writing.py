"""Writing objects as a pack.

Source: git, gitformat-pack (version 2).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from struct import pack as packed

from dulwich.objects import ObjectID

from lab.git.commits import Objects

_CHUNK = 1 << 16


def write_pack(objects: Objects, ids: list[ObjectID], write: Callable[[bytes], None]) -> None:
    """Write the objects as a pack, each whole: what saves bytes on a long line costs time on a short one."""
    digest = hashlib.sha1(usedforsecurity=False)
    buffer = bytearray(b"PACK" + packed(">LL", 2, len(ids)))
    for one in ids:
        found = objects[one]
        content = found.as_raw_string()
        buffer += _header(found.type_num, len(content))
        buffer += zlib.compress(content, 1)
        if len(buffer) >= _CHUNK:
            digest.update(buffer)
            write(bytes(buffer))
            buffer.clear()
    digest.update(buffer)
    write(bytes(buffer) + digest.digest())


def _header(kind: int, size: int) -> bytes:
    byte = kind << 4 | size & 0x0F
    size >>= 4
    result = bytearray()
    while size:
        result.append(byte | 0x80)
        byte = size & 0x7F
        size >>= 7
    result.append(byte)
    return bytes(result)
