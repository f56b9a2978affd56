"""Consent, and which attributes are never published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from warehouse.definitions.events import plain_name
from warehouse.definitions.file import Strict
from warehouse.definitions.rows import Row, Section
from warehouse.definitions.values import Name, words

HIDDEN_ATTRIBUTES = words("hidden_attributes")


class PrivacyRules(Strict):
    """Which consent features and audiences need, what silence means, and what of the attributes is never published."""

    features_purpose: Name | None = "analytics"
    audiences_purpose: Name | None = "email"
    default_consent: Literal["granted", "denied"] = "granted"
    hidden_attributes: list[str] = []
    shown_attributes: list[str] = []

    @property
    def hidden(self) -> list[str]:
        """The keys of attributes that are not published: those that name people, but for the shown ones, and the file's own."""

        def plain(names: Iterable[str]) -> set[str]:
            return {"*".join(plain_name(part) for part in name.split("*")) for name in names}

        return sorted((set(HIDDEN_ATTRIBUTES) - plain(self.shown_attributes) | plain(self.hidden_attributes)) - {"", "*"})


class HiddenAttributeRow(Row, table="hidden_attributes"):
    """A key of attributes that is never published."""

    attribute: str


class Privacy(Section):
    """`privacy`."""

    privacy: PrivacyRules = PrivacyRules()

    def rows(self) -> Iterator[Row]:
        """The attributes that are never published."""
        for attribute in self.privacy.hidden:
            yield HiddenAttributeRow(attribute=attribute)
