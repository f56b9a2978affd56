"""What exists and what it means: definitions, contracts, files in, published file out. Imports nothing else of ours."""
