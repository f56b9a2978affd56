"""The steps of a run. Each is a postman: it reads, calls one of the rooms, writes, and reports."""
