"""From an audited build to the published file: what the gates said, what that does to which numbers, and the swap."""
