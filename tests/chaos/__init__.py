"""Everything that goes wrong on real machines, at random, against the whole job: `make chaos`."""
