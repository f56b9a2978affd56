"""Visits: when one ends, and where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from warehouse.definitions.events import TAXONOMY
from warehouse.definitions.file import Strict
from warehouse.definitions.rows import Row, Section
from warehouse.definitions.values import MOST

SiteKind = Literal["search", "social", "video", "assistant", "shopping", "email", "sms", "referral", "none"]


class Sessions(Strict):
    """When one visit ends and the next begins."""

    gap_minutes: float = Field(30, gt=0, le=MOST)
    max_days: float = Field(3, gt=0, le=MOST)
    channel_lookback_days: float = Field(30, ge=0, le=MOST)


class Channels(Strict):
    """Sites beside those of the taxonomy, by what a visit from them is: names, whole hosts, or `login.*` for a first label."""

    sites: dict[SiteKind, list[str]] = {}


class TrafficSiteRow(Row, table="traffic_sites"):
    """A site that visits come from."""

    site: str
    kind: str


class ClickIdRow(Row, table="click_ids"):
    """A click id and the channel it tells of."""

    click_id: str
    channel: str


class Traffic(Section):
    """`sessions` and `channels`."""

    sessions: Sessions = Sessions()
    channels: Channels = Channels()

    def rows(self) -> Iterator[Row]:
        """The kind of each site a visit can come from, where the file overrules the taxonomy; and what a click id tells."""
        sites = {site: kind for kind, known in TAXONOMY["sites"].items() for site in known}
        sites |= {_bare_host(site): kind for kind, own in self.channels.sites.items() for site in own}
        for site, kind in sites.items():
            yield TrafficSiteRow(site=site, kind=kind)
        for click_id, channel in TAXONOMY["click_ids"].items():
            yield ClickIdRow(click_id=click_id, channel=channel)


def _bare_host(site: str) -> str:
    """A site as people paste it, as hosts are compared: `https://www.We.example/` is `we.example`."""
    return re.sub(r"^([a-z]+://)?(www[.])?", "", site.lower()).split("/")[0]
