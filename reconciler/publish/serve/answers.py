"""Headers and errors (RFC 9457) of `reconciler serve`; nothing of a request is repeated in an error."""

from werkzeug.http import HTTP_STATUS_CODES

from reconciler import files

PROBLEM = "application/problem+json"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A page loads files of this server only, and has no script or style inside it."""
EXPOSED = "ETag, Last-Modified"
"""Headers that scripts of another origin may read besides the usual ones."""
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match, X-API-Key",
    "Cache-Control": "no-store",
}
PROBLEM_HEADERS = {**HEADERS, "Content-Type": PROBLEM, "Cache-Control": "no-store"}
_DETAILS = {
    400: "The request cannot be parsed.",
    403: "This document cannot be read.",
    404: "No such document; /v1 lists all documents.",
    405: "Documents are read-only: use GET or HEAD.",
    408: "The request did not arrive in time.",
    412: "The document has changed; request it without a precondition.",
    413: "Requests have no body: leave it out.",
    414: "No document has such a long address; /v1 lists all documents.",
    431: "The headers are too long.",
    501: "The request uses something that this server does not have.",
    503: "Too many connections are open; try again in a few seconds.",
    505: "Use HTTP/1.1.",
}


def problem(status: int, detail: str | None = None) -> bytes:
    """Return an error as JSON; without `detail`, with the usual one of its status."""
    title = HTTP_STATUS_CODES[status]
    detail = detail or _DETAILS.get(status, "The request cannot be answered.")
    return files.canonical({"type": "about:blank", "title": title, "status": status, "detail": detail})
