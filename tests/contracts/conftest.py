"""Where the published schemas are: only there the committed facts are compared with them."""

from tests.contracts.extract import beside

collect_ignore = [] if beside() else ["test_extract.py"]
