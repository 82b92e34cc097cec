"""Pure rules of the trade over plain values: no database, no clock, no files."""
