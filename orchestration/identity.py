"""Persons out of the identity graph: the arrays are read, solved in `ml.identity`, and written back.

Here belongs the translation of the journey file's guards into numbers, and nothing that decides.
"""

import numpy as np
import pandas as pd

from ml.identity import Ages, Guards, OwnIds, Persons, Sightings, merges, solve_persons
from warehouse import connection
from warehouse.contract import PersonIdType
from warehouse.definitions.identity import Identity
from warehouse.definitions.journey import Journey
from warehouse.settings import Settings

# What may join two ids that one system gave out: a telephone, a device or a cookie may be an office's, a family's, a till's.
JOINING: tuple[PersonIdType, ...] = ("user_id", "crm_id", "email")


def guards_of(identity: Identity) -> Guards:
    """The journey file's guards, kinds by their place in its order of trust."""
    trust = {id_type: place for place, id_type in enumerate(identity.id_types)}
    return Guards(
        unique=frozenset(trust[id_type] for id_type in identity.unique if id_type in trust),
        joining=frozenset(trust[id_type] for id_type in JOINING if id_type in trust),
        limits={trust[id_type]: (limit.count, limit.days) for id_type, limit in identity.limits.items() if id_type in trust},
        max_partners=identity.max_partners,
        max_identifiers=identity.max_identifiers,
        max_merges=identity.max_merges,
    )


def solve(settings: Settings, journey: Journey) -> Persons:
    """Solve the graph of the first layer and replace `identity.components`, `refusals` and `merges`; returns what was found."""
    nodes = connection.keys(
        settings, "intermediate.int_identifiers_known", "identifier_key", "trust", "first_seen_us", "known_us"
    )
    columns = [f"{id_type}_key" for id_type in journey.identity.id_types]
    times = ("first_seen_us", "known_us", "evidence_event_id")
    rows = connection.keys(settings, "intermediate.int_identifiers_together", *columns, *times)
    sightings = Sightings(np.column_stack([rows[column] for column in columns]), rows["first_seen_us"], rows["evidence_event_id"])
    keys, trust = nodes["identifier_key"], nodes["trust"] - 1
    own = connection.keys(settings, "intermediate.int_identifiers_owned", "identifier_key", "system_key")
    own_ids = OwnIds(own["identifier_key"], own["system_key"])
    persons = solve_persons(keys, trust, sightings, guards_of(journey.identity), own_ids)
    ages = Ages(nodes["first_seen_us"], trust, nodes["known_us"])
    merged = merges(keys, ages, persons, sightings, rows["known_us"])
    components = {"identifier_key": keys, "component_key": persons.component, "is_shared": persons.is_shared}
    connection.replace(settings, "identity.components", pd.DataFrame(components), where={})
    connection.replace(settings, "identity.refusals", persons.refusals, where={})
    connection.replace(settings, "identity.merges", merged, where={})
    return persons
