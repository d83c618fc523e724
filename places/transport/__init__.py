"""Public transport: stops, lines and timetables from GTFS Schedule files, and how to come to a place with them."""
