"""Text to bound statement, and bound statement to DuckDB SQL. Nothing here asks AWS."""
