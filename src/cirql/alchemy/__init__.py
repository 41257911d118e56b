"""SQLAlchemy's way in: the dialect `cirql://`, over `cirql.dbapi`.

    >>> import sqlalchemy as sa
    >>> engine = sa.create_engine("cirql:///?profile=prod&regions=us-east-1,eu-west-1")

SQLAlchemy finds it by its entry point; nothing else in cirql imports this package, and without SQLAlchemy it cannot be.
"""
