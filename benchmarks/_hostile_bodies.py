"""Bodies and bytes that nobody should send."""

from __future__ import annotations

import gzip
import json
from typing import Any

from benchmarks._served import event

__all__ = ["PACKED", "RAW", "bodies"]

PACKED = ("malformed gzip", "gzip bomb")
"""Kinds that say of themselves that they are gzip."""
NUMBERS = ("1e999", "-1e999", "9" * 400, "1" + "0" * 5_000, "NaN", "0x1", "1e-999", "-0")
MOMENTS = ("1e300", '"9999-99-99"', '"0000-01-01T00:00:00Z"', "99999999999999999999")
NOT_UTF8 = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\\ud800", b"\\udc00\\ud800")
NULS = (
    '"properties":{"a\\u0000b":"c\\u0000"}',
    '"anonymousId":"\\u0000"',
    '"context":{"userAgent":"\\u0000","page":{"path":"/\\u0000"}}',
    '"properties":{"region":"\\u0000","order_id":"a\\u0000"}',
)
ODD: tuple[Any, ...] = (None, 1, [], {}, True, "", [{}])


def bodies() -> dict[str, list[bytes]]:
    """Returns bodies by what is wrong with them."""
    good = json.dumps({"batch": [event("packed")]}).encode()
    whole = gzip.compress(good)
    bomb = gzip.compress(b'{"batch":[' + b" " * 200_000_000 + b"]}", 9)
    return {
        "malformed gzip": [b"", good, whole[:-9], whole[:20], b"\x1f\x8b" + b"\xff" * 400],
        "gzip bomb": [bomb, gzip.compress(gzip.compress(bomb))],
        "deep JSON": _deep(),
        "invalid UTF-8": [_with("utf", '"properties":{"a":"@"}').replace(b"@", each) for each in NOT_UTF8],
        "1 MB keys": [
            *(_with("key", '"properties":{"%s":1}' % ("k" * size)) for size in (1_000_000, 450_000, 31_000)),
            _with("id" * 200_000, '"properties":{}'),
        ],
        "NUL bytes": [
            b"\0" * 1000,
            good + b"\0",
            _with("\\u0000", '"properties":{}'),
            *(_with(f"nul{place}", part) for place, part in enumerate(NULS)),
        ],
        "numbers": [
            *(_with(f"n{place}", f'"properties":{{"revenue":{it},"score":{it}}}') for place, it in enumerate(NUMBERS)),
            *(_with(f"moment{place}", f'"timestamp":{each}') for place, each in enumerate(MOMENTS)),
        ],
        "wrong types": [json.dumps(each).encode() for each in _mistyped()],
    }


def _with(name: str, part: str) -> bytes:
    """Returns a batch of one event with a message id and a part of its own."""
    start = '{"batch":[{"type":"track","event":"E","userId":"u","messageId":"'
    return f'{start}{name}",{part}}}]}}'.encode()


def _deep() -> list[bytes]:
    inside = [f'{{"a":{"[" * depth}{"]" * depth}}}' for depth in (50, 9_000)]
    inside += ['{"a":' * depth + "1" + "}" * depth for depth in (50, 500, 2_000, 5_000)]
    return [
        b"[" * 400_000,
        b'{"a":' * 80_000 + b"1" + b"}" * 80_000,
        *(_with(f"deep{place}", f'"properties":{each}') for place, each in enumerate(inside)),
    ]


def _mistyped() -> list[Any]:
    fields: list[Any] = [{"batch": [{**event("t"), name: odd}]} for name in event("t") for odd in ODD]
    fields += [{"batch": [event("c", context=odd, properties=odd)]} for odd in ODD]
    fields += [{"batch": [event("s")], "sentAt": odd} for odd in ODD]
    return [*ODD, "text", *({"batch": odd} for odd in (*ODD, [1], [[]])), *fields]


RAW = (
    b"\x00\xff\x16\x03\x01garbage\r\n\r\n",
    b"GET\r\n\r\n",
    b"POST /v1/track HTTP/9.9\r\n\r\n",
    b"GET " + b"a" * 600_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n{}",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    b"POST /v1/track?writeKey=%00%ff%fe&writeKey=%zz HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Basic AAAA\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 900_000 + b"\r\n\r\n",
    b"POST /v1/track HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % number for number in range(500)) + b"\r\n",
    b"POST /hooks/%00%ff HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /hooks/" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /v1/projects/%00/settings HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"OPTIONS /v1/track HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Headers: \xff\x01\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)
