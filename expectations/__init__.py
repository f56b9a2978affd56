"""Promises about tables: what a measure must show before anything that depends on it is built or published.

A gate names its table and columns and carries its own good and bad example; how the table is made, and that there is a
warehouse at all, it does not know.
"""

from expectations import identity, models, time, volume
from expectations.gate import Gate

# Judged before the marts are built, and after the models have spoken.
DATA_GATES: tuple[Gate, ...] = (*identity.GATES, *time.GATES, *volume.GATES)
MODEL_GATES: tuple[Gate, ...] = models.GATES
