"""Segment: what visitors and users did on the website and in the product, and who they are.

Shapes: the tables of its warehouse destination, and its raw JSON messages (cloud-storage export, webhook).
"""

from __future__ import annotations

from warehouse.contract import Source
from warehouse.sources._customer_data_platform import EVENT_NAMES, tables

SOURCE = Source("segment", "Segment", tables("segment"), folders=("twilio_segment", "segment_io"), event_names=EVENT_NAMES)
