import pytest

from reconciler.collectors.http.cookies import SessionCookies


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ([], ""),
        (["TOKEN=a.b=c; Path=/; Secure; HttpOnly"], "TOKEN=a.b=c"),
        (["unifises=x; path=/", "csrf_token=y"], "unifises=x; csrf_token=y"),
        (["a=1", "a=2; Domain=elsewhere.example"], "a=2"),
        (["a=1", "a=; Path=/"], ""),
        (["a=1", "a=2; Max-Age=0"], ""),
        (["a=1", "a=2; max-age = 0"], ""),
        (['__Host-Http-token="quoted"; Secure'], '__Host-Http-token="quoted"'),
        (["no pair", "=no name", "", ";"], ""),
    ],
)
def test_what_goes_back_to_the_server(headers, sent):
    cookies = SessionCookies(secure=True)
    cookies.keep(headers)
    assert cookies.header == sent
    assert len(cookies.cookie_names) == len(cookies.secrets) == len(sent.split("; ")) * bool(sent)


def test_a_secure_cookie_does_not_go_over_plain_http():
    cookies = SessionCookies(secure=False)
    cookies.keep(["a=1; Secure", "b=2"])
    assert cookies.header == "b=2"
