"""Tables and the one transaction; SQLAlchemy is imported here, in queries and in tables alone."""
