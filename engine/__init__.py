"""The renewal engine as a library: runs process definitions; knows no web."""
