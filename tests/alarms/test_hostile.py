"""Text that an attacker chooses, in what every type of sink shows."""

import json
import unicodedata
from email import message_from_bytes

import pytest
from markdown_it import MarkdownIt

from reconciler.alarms import message
from reconciler.alarms.news import Steps
from reconciler.alarms.rendering import render
from reconciler.alarms.sinks import email, ntfy, webhook
from reconciler.config.alarms import EmailSink
from reconciler.errors import Problem
from reconciler.model.alarm import Alarm
from tests.alarms.parts import WELL, Reader, sink, situation
from tests.drift import house
from tests.report.samples import HOSTILE

TEXTS = HOSTILE | {
    "mention": "@everyone @channel <!channel> <@U024BE7LH> @all",
    "header": "x\r\nBcc: victim@example.org\r\n\r\n<b>hi</b>",
    "link": "[click](https://evil.example) <https://evil.example|here> ![i](https://evil.example/i.png)",
    "template": "{{ 7 * 7 }}{% raw %}",
    "zalgo": "e\u0301" * 400,
    "tags": "a\U000e0041\U000e007fb",
    "empty": " ",
    "surrogate": "a\ud800b",
}
MAIL = EmailSink.model_validate(
    {
        "name": "mail",
        "type": "email",
        "host": "smtp.lan",
        "from": "drift@site.example",
        "to": ["ops@site.example"],
    }
)
TYPES = ("webhook", "email", "ntfy")


def alarm_of(text: str, type_: str = "webhook") -> Alarm:
    """An alarm with the text wherever a site can put one."""
    live = {
        "1": {"name": text, "watts": 60, "room": text},
        "2": {"name": text, "health": {"state": "degraded", "reason": text}},
        f"hall/lamp/{text}": {"name": text},
    }
    wanted = {"1": {"watts": 40, "name": text}, "2": {"name": "other"}, "3": {"name": "gone"}}
    source = {"hall": {"status": "partial", "problem": text}}
    made = house.judge(house.snapshot(live, None, 0, source), house.desired(wanted))
    steps: Steps = {**WELL, "publish": (Problem("", text),)}
    reader = Reader(sink(type_, severity="info"))
    found = reader.sends(made, steps)
    assert found is not None
    return message.compose(found, situation(made), steps, "lan-main", "chat", "https://drift.lan/drift")


def acts(text: str) -> set[str]:
    """The characters that move, hide or reorder text, line breaks aside."""
    return {each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n"}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_makes_no_line_and_no_act(type_, name):
    alarm = alarm_of(TEXTS[name], type_)
    plain = alarm_of("harmless", type_)
    shown = render(alarm, type_)
    assert acts(shown) == set()
    assert shown.count("\n") == render(plain, type_).count("\n")
    assert all(len(line) < 1500 for line in shown.splitlines())
    assert "49" not in shown or "49" in TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_a_chat_obeys_nothing_of_it(name):
    """Slack's and Mattermost's forms alike: a chat that knows Markdown, and one that does not."""
    shown = json.loads(webhook.document(alarm_of(TEXTS[name])))["text"]
    for mention in ("@everyone", "@channel", "@all", "@here", "@admin", "<!", "<@", "<http", "</"):
        assert mention not in shown
    html = MarkdownIt().render(shown.replace("https://drift.lan/drift", ""))
    assert "<a " not in html
    assert "<img" not in html
    assert "<script" not in html


@pytest.mark.parametrize("name", TEXTS)
def test_a_mail_has_only_its_own_headers(name):
    mail = email.message(MAIL, alarm_of(TEXTS[name], "email"))
    again = message_from_bytes(mail.as_bytes())
    assert sorted(again.keys()) == [
        "Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version",
        "Message-ID", "Subject", "To",
    ]  # fmt: skip
    assert again.get_content_type() == "text/plain"
    assert max(len(line) for line in mail.as_bytes().split(b"\r\n")) <= 998  # RFC 5322


@pytest.mark.parametrize("name", TEXTS)
def test_a_header_of_ntfy_is_one_line_of_ascii(name):
    for value in ntfy.headers_of(alarm_of(TEXTS[name], "ntfy")).values():
        assert value.isascii()
        assert value.isprintable()


def test_hostile_names_of_the_site_itself_stay_in_their_header():
    """The name of the site is of the operator, and still is no way into a header."""
    alarm = Alarm(kind="test", site="x", sink="chat", subject="ö\r\nBcc: a@b.c", severity="info")
    mail = email.message(MAIL, alarm)
    assert "Bcc" not in mail
    title = ntfy.headers_of(alarm)["Title"]
    assert title.startswith("=?UTF-8?B?")
    assert title.isascii()


def test_the_document_has_the_text_printable():
    document = json.loads(webhook.document(alarm_of(TEXTS["bidi"])))
    assert acts(json.dumps(document, ensure_ascii=False)) == set()
