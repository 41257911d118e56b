"""The compiler of the catalog: AWS's schemas and models, and corrections that are data, made into tables. A query never imports it."""
