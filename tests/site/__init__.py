"""The joins of the three systems: addresses, port map, capacity, and the rules of the whole site."""
