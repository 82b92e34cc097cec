"""Pages of the console; each view calls one query or one verb and renders."""
