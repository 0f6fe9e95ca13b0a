"""The forms that settings have, and how a message says them."""

from __future__ import annotations

import re

__all__ = [
    "ADDRESS",
    "COUNTRY",
    "CURRENCY",
    "DATABASE",
    "ENGINE",
    "IN_WORDS",
    "ISSUER",
    "MAILBOX",
    "NAME",
    "SEALED",
    "SIZE",
    "SIZE_OR_AUTO",
    "SPARK",
    "SPARK_SETTING",
    "VARIABLE",
    "WEB_ADDRESS",
    "matches",
]

CURRENCY = r"^[A-Z]{3}$"
SIZE_OR_AUTO = r"^\d+(\.\d+)?(MB|GB)$|^auto$"
ADDRESS = r"^$|^https?://[^/\s]+$"
SEALED = r"^$|^env:\w+$|^sealed:\S+$"
SIZE = r"^\d+(\.\d+)?(MB|GB)$"
COUNTRY = r"^([A-Z]{2})?$"
VARIABLE = r"^$|^env:\w+$"
NAME = r"^[a-z][a-z0-9_]{0,62}$"
ISSUER = r"^$|^https://\S+$|^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/\S*)?$"
MAILBOX = r"^$|^[^<>\r\n\"]{0,100}<[^<>\s@]+@[^<>\s@]+>$|^[^<>\s@]+@[^<>\s@]+$"
WEB_ADDRESS = r"^$|^https://\S+$|^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/\S*)?$|^env:\w+$"
DATABASE = r"^$|^postgresql://[^\s:/@?#]+@[^\s:/@?#]+(:\d{1,5})?/[^\s/?#]+$"
SPARK = r"spark://[^\s/]+:\d+(,[^\s/]+:\d+)*|sc://[^\s/]+(:\d+)?(/;\S*)?|local\[(\d{1,4}|\*)\]"
ENGINE = rf"^(duckdb|{SPARK})$"
SPARK_SETTING = r"^spark\.[A-Za-z0-9_.-]{1,200}$"

IN_WORDS = {
    DATABASE: "an address without a password, such as postgresql://cxloop@db.example:5432/acme",
    CURRENCY: "a currency in three capitals, such as EUR",
    SIZE_OR_AUTO: "a size such as 500MB or 2GB, or auto",
    ENGINE: "duckdb, spark://host:7077, sc://host:15002 or local[4]",
    SPARK_SETTING: "a name that begins with spark., such as spark.executor.memory",
    ADDRESS: "an address without a path, such as https://cx.example.org",
    SEALED: "env:NAME, or what `cxloop seal` printed",
    SIZE: "a size such as 500MB or 2GB",
    COUNTRY: "a country in two capitals, such as DE",
    VARIABLE: "env:NAME, the name of a variable of the environment",
    NAME: "small letters, digits and underscores, a letter first",
    ISSUER: "an address that begins with https://",
    MAILBOX: "an address such as feedback@example.org, or Example <feedback@example.org>",
    WEB_ADDRESS: "an address that begins with https://, or env:NAME",
}
"""A pattern to what it asks for."""


def matches(pattern: str, value: str) -> bool:
    """Whether a value has one of the forms."""
    return re.search(pattern, value) is not None
