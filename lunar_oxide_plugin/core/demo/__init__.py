"""The synthetic demo scenes."""
