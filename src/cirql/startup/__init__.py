"""What keeps a start short: records, patterns and libraries, of which nothing is made before it is used."""
