"""What people bring along to a clean clone, put where docs/your-own-models.md says: a mart, a seed, sources that nobody lands."""
