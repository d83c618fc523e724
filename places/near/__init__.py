"""Searching around an address: where a visitor starts from, and the places from the nearest to the farthest."""
