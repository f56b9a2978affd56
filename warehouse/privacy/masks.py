"""E-mail addresses and phone numbers in what is told of files, masked as in tables (dbt_project/macros/privacy.sql)."""

from __future__ import annotations

import re

_HOST = r"(?:[\w\u0300-\u036f-]|%[89a-fA-F][0-9a-fA-F]|\\+u[0-9a-fA-F]{4})"
_GAP = r"(?:[ ()./\u00a0\u2009\u202f\u2010-\u2015-]|%20|%28|%29)"
_MAIL = re.compile(
    r"""(?:(?:[\w\u0300-\u036f.+'-]|%[0-9a-fA-F]{2}|\\)+|\\+"[^\W_][^"\\]*\\+"|"[^\W_][^"\\]*")"""
    r"(?:[@＠﹫]|%(?:25)*40|\\+(?:[uU]0040|[xX]40|[uU][fF][fF]20)|&#0*64;|&#[xX]0*40;|&commat;)"
    rf"(?:{_HOST}+(?:(?:[.。．｡]|%2[eE]){_HOST}+)+|[^\W\d_]{_HOST}*|\[[0-9a-fA-FIPv:.]+\])"
)
_PHONE = re.compile(
    rf"(?:(?:[+＋]|%(?:25)*2[bB]){_GAP}{{0,2}}[0-9０-９](?:{_GAP}{{0,3}}[0-9０-９]){{6,14}}"
    r"|[(]0?[0-9]{2,4}[)][ -]?[0-9]{3,4}(?:[ -]?[0-9]{2,4}){1,2}"
    rf"""|(^|["' =:/_(,;>])00[1-9](?:{_GAP}{{0,3}}[0-9]){{8,13}}\b"""
    rf"|(\b[tT][eE][lL](?::|%3[aA]))(?:{_GAP}|[+])*[0-9](?:{_GAP}{{0,3}}[0-9]){{3,14}})"
)


def masked(text: str) -> str:
    """A text with `[e-mail]` and `[phone]` in place of what is one."""
    return _PHONE.sub(r"\1\2[phone]", _MAIL.sub("[e-mail]", text))
