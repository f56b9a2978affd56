"""RudderStack: what visitors and users did on the website and in the product, and who they are.

Shapes: the tables of its warehouse destination, and its raw JSON messages (cloud-storage export, webhook).
"""

from __future__ import annotations

from warehouse.contract import Source, text
from warehouse.sources._customer_data_platform import EVENT_NAMES, tables

# The kind of library that sent the call (web, mobile, server): no channel of marketing.
SOURCE = Source(
    "rudderstack", "RudderStack", tables("rudderstack", text("channel")), folders=("rudder",), event_names=EVENT_NAMES
)
