"""Results for people and programs: values as text, and as charts."""
