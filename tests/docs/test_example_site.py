from tests.docs import example_site


def test_the_example_is_what_adopt_writes_of_the_simulated_site():
    assert example_site.shipped() == example_site.adopted(), "run: make generate"
