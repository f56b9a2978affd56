"""Whose journey it is."""

from __future__ import annotations

from typing import Literal

from warehouse.definitions.file import Strict
from warehouse.definitions.rows import Section
from warehouse.definitions.values import Name


class JourneyHead(Strict):
    """Whose journey it is and which definitions lead."""

    name: Name
    subject: Literal["person", "account"] = "person"
    primary_stage_set: Name
    main_funnel: Name


class Subject(Section):
    """`journey`: the head of the file."""

    journey: JourneyHead
