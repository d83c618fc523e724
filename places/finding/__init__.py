"""A resident's phone: three questions, one per screen, then the nearest places that fit, five at a time."""
