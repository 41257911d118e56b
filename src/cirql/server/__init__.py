"""PostgreSQL's wire protocol over sessions: `cirql serve`, and `Server` for programs.

listening     the server: where it listens, who is connected, cancel keys, its end
conversation  one client: start-up, authentication, the simple and the extended protocol
desk          one client's statements: its settings, PostgreSQL's catalog, or the session
portals       prepared statements and their rows on the way out
copying       COPY (…) TO STDOUT
messages      the bytes of messages, read and made
oids          PostgreSQL's numbers for SQL types
pg_types      those types as its catalog describes them
encoding      Arrow columns as values on the wire, text and binary
decoding      parameters from the wire
scram, users  who may come in
"""
