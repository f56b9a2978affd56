"""Whose data is whose: which raw rows belong to a person, how they are looked up, taken out, and kept from coming back."""
