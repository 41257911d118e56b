"""The catalog: what tables there are, compiled from AWS's own schemas and models, found by name."""
